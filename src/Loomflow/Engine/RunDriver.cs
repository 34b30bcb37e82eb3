using System.Diagnostics;
using System.Threading.Channels;

namespace Loomflow;

/// <summary>
/// The imperative shell around the pure scheduler, the same for every engine: asks what is next, does it, writes down what
/// happened, folds that into the state, and asks again. Only this loop touches the state; steps report to it through a queue.
/// </summary>
internal sealed class RunDriver
{
    private readonly RunState _state;
    private readonly RunContext _context;
    private readonly IRunEventWriter _log;
    private readonly StepRunner _steps;
    private readonly Channel<Arrival> _arrivals = Channel.CreateUnbounded<Arrival>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<Frame, FrameRun> _frames = [];
    private readonly List<IDisposable> _timers = [];
    private readonly CancellationToken _cancelled;
    private string? _cancelReason;
    private Failure? _stopFailure;
    private bool _graceOver;
    private int _choosing;

    public RunDriver(RunState state, RunContext context, CancellationToken cancellationToken)
    {
        (_state, _log, _cancelled) = (state, context.Events, cancellationToken);
        Approvals = new RunApprovals(context, context.Approvals);
        foreach (var (id, decision) in state.Decisions) Approvals.Know(new ApprovalDecided { ApprovalId = id, Decision = decision });
        _context = context with { Approvals = Approvals };
        _steps = new StepRunner(_context, _arrivals.Writer);
    }

    public RunApprovals Approvals { get; }

    /// <summary>Whether to return when only something from outside can go on, instead of waiting for it here.</summary>
    public bool SuspendsWhenIdle { get; init; }

    /// <summary>Lets go of the run: what is under way is stopped here without a word in the journal, so that another owner goes on.</summary>
    public CancellationToken Released { get; init; }

    /// <summary>Hands something from outside to the run: a signal, an answer, a request to stop. Safe from any thread.</summary>
    public void Post(Arrival arrival) => _arrivals.Writer.TryWrite(arrival);

    /// <summary>Drives the run until it has ended, idles or is let go. A failure to write an event stops everything and is thrown.</summary>
    public async Task<RunStop> DriveAsync(TimeSpan? timeout)
    {
        using var cancellation = _cancelled.UnsafeRegister(static driver => ((RunDriver)driver!).Post(new Arrival(ArrivalKind.CancelRequested)), this);
        if (timeout is { } limit) ArmTimer(limit, new Arrival(ArrivalKind.RunTimedOut));
        try
        {
            while (!_state.IsTerminal)
            {
                while (Scheduler.TryNext(_state, out var command))
                {
                    await ExecuteAsync(command).ConfigureAwait(false);
                    if (_state.IsTerminal || Released.IsCancellationRequested) break;
                }

                if (_state.IsTerminal) break;
                if (!_arrivals.Reader.TryRead(out var arrival))
                {
                    await _log.FlushAsync().ConfigureAwait(false);
                    if (SuspendsWhenIdle && IsIdle && !_arrivals.Reader.TryPeek(out _)) return new RunStop(RunStopKind.Idle, NextDue());
                    arrival = await _arrivals.Reader.ReadAsync(Released).ConfigureAwait(false);
                }

                await HandleAsync(arrival).ConfigureAwait(false);
            }

            await _log.FlushAsync().ConfigureAwait(false);
            return new RunStop(RunStopKind.Ended);
        }
        catch (OperationCanceledException) when (Released.IsCancellationRequested)
        {
            await AbandonAsync().ConfigureAwait(false);
            return new RunStop(RunStopKind.Released);
        }
        catch
        {
            await AbandonAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            foreach (var timer in _timers) timer.Dispose();
            foreach (var frame in _frames.Values) frame.Dispose();
        }
    }

    private ValueTask ExecuteAsync(Command command) => command.Kind switch
    {
        CommandKind.Begin => BeginAsync(command.Frame, command.Node!),
        CommandKind.CarryOut => CarryOutAsync(command.Visit!),
        CommandKind.EnterNested => EnterNestedAsync(command.Visit!),
        CommandKind.SetTimer => AppendAsync(command.Visit!, new TimerSet { Due = _context.Time.GetUtcNow() + ((IDelayStep)command.Node!.Step).Duration }),
        CommandKind.Ask => AskAsync(command.Visit!),
        CommandKind.AwaitDue => AwaitDue(command.Visit!),
        CommandKind.Choose => Choose(command),
        CommandKind.Complete => CompleteAsync(command.Visit!, command.Value, command.Visit!.Nested?.Usage ?? Usage.None),
        CommandKind.Fail => FailAsync(command.Visit!, command.Failure!, command.Visit!.Nested?.Usage ?? Usage.None),
        CommandKind.Cancel => CancelAsync(command.Visit!, abandoned: false),
        CommandKind.Stop => StopAsync(command.Frame),
        CommandKind.End => EndAsync(command.Frame),
        _ => throw new InvalidOperationException($"Unknown command: {command.Kind}."),
    };

    private ValueTask HandleAsync(Arrival arrival)
    {
        switch (arrival.Kind)
        {
            case ArrivalKind.StepEnded when IsCurrent(arrival):
                return StepEndedAsync(arrival);
            case ArrivalKind.Due when IsCurrent(arrival):
                return DueAsync(arrival.Visit!);
            case ArrivalKind.Chosen:
                return ChosenAsync(arrival);
            case ArrivalKind.Decided:
                return DecideAsync((ApprovalDecided)arrival.Value!);
            case ArrivalKind.Signalled:
                return AppendAsync((SignalReceived)arrival.Value!);
            case ArrivalKind.CancelRequested:
                return StopRunAsync(arrival.Value as string ?? "cancelled by the caller", null);
            case ArrivalKind.RunTimedOut:
                return StopRunAsync(null, Failure.From(new TimeoutException($"Run {_context.RunId} of '{_state.Graph.Name}' took longer than its timeout.")));
            case ArrivalKind.GraceOver:
                _graceOver = true;
                return AbandonVisitsAsync();
            default:
                // From an attempt that has ended in the meantime.
                return ValueTask.CompletedTask;
        }
    }

    private static bool IsCurrent(Arrival arrival) =>
        arrival.Visit is { Phase: not VisitPhase.Ended } visit && visit.Attempts == arrival.Attempt;

    private ValueTask BeginAsync(Frame frame, Node node)
    {
        var path = frame.Path.Length == 0 ? node.Segment : $"{frame.Path}/{node.Segment}";
        var started = new StepStarted { Path = path, Visit = frame.VisitsOf(node) + 1, Input = frame.Graph.Nodes.Length == 0 ? default : Peek(frame, node) };
        return AppendAsync(started);
    }

    // What the fold will bind, repeated in the event for whoever reads the journal; what cannot be bound fails the step afterwards.
    private static Payload Peek(Frame frame, Node node)
    {
        try
        {
            return Payload.Of(frame.BindInput(node));
        }
        catch (PayloadException)
        {
            return Payload.Null;
        }
    }

    private async ValueTask CarryOutAsync(NodeVisit visit)
    {
        // What is about to be done must be written down before it is begun.
        await _log.FlushAsync().ConfigureAwait(false);
        CarryOut(visit);
    }

    private void CarryOut(NodeVisit visit) =>
        _steps.Start(visit, RunOf(visit.Frame), alone: visit.Frame.Working == 1 && !visit.Frame.HasReady && _steps.UnderWay == 0);

    private async ValueTask EnterNestedAsync(NodeVisit visit)
    {
        _steps.OpenSpan(visit, RunOf(visit.Frame));
        var nested = visit.Definition.Step as IWorkflow;
        await AppendAsync(new RunStarted
        {
            Path = visit.NestedPath,
            Kind = RunKind.Workflow,
            Name = visit.Definition.Step.Name,
            Input = visit.Input,
            Definition = nested?.DefinitionHash,
        }).ConfigureAwait(false);
    }

    private ValueTask AskAsync(NodeVisit visit)
    {
        var request = ((IApprovalStep)visit.Definition.Step).Request(visit.Input, RunApprovals.IdOf(_context.RunId, visit.Path, visit.Visit), _context.Time.GetUtcNow());
        return AskAsync(visit, request);
    }

    private async ValueTask AskAsync(NodeVisit visit, ApprovalRequest request)
    {
        await AppendAsync(visit, new ApprovalRequested { Request = request }).ConfigureAwait(false);
        await _log.FlushAsync().ConfigureAwait(false);
        Approvals.Answer(request, decision => Post(new Arrival(ArrivalKind.Decided)
        {
            Value = new ApprovalDecided { Path = visit.Path, Visit = visit.Visit, ApprovalId = request.ApprovalId, Decision = decision },
        }), Released.CanBeCanceled ? Released : _cancelled);
    }

    private ValueTask AwaitDue(NodeVisit visit)
    {
        var wait = visit.Due!.Value - _context.Time.GetUtcNow();
        ArmTimer(wait, new Arrival(ArrivalKind.Due) { Visit = visit, Attempt = visit.Attempts });
        return ValueTask.CompletedTask;
    }

    private ValueTask DueAsync(NodeVisit visit) => visit switch
    {
        { Frame.Stopping: true } => ValueTask.CompletedTask,
        { Phase: VisitPhase.Backoff } => AppendAsync(new StepStarted { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts + 1, Input = visit.Input }),
        { Definition.Step.Kind: StepKind.Delay } => AppendAsync(visit, new TimerFired()),
        { Definition.Step.Kind: StepKind.Approval, Decision: null } => DecideByDeadlineAsync(visit),
        _ => ValueTask.CompletedTask,
    };

    /// <summary>Writes the first answer down; whoever still waits for it, or asks again after a restart, is told.</summary>
    private async ValueTask DecideAsync(ApprovalDecided decided)
    {
        if (!_state.OpenApprovals.ContainsKey(decided.ApprovalId)) return;
        await AppendAsync(decided).ConfigureAwait(false);
        Approvals.Know(decided);
    }

    private ValueTask DecideByDeadlineAsync(NodeVisit visit)
    {
        var id = RunApprovals.IdOf(_context.RunId, visit.Path, visit.Visit);
        var outcome = _state.OpenApprovals[id].Default;
        return AppendAsync(visit, new ApprovalDecided { ApprovalId = id, Decision = new ApprovalDecision { Outcome = outcome, TimedOut = true } });
    }

    private ValueTask Choose(Command command)
    {
        command.Frame.ChoiceUnderWay = command.Visit is null;
        _choosing++;
        _steps.Choose(command.Frame, command.Visit, RunOf(command.Frame));
        return ValueTask.CompletedTask;
    }

    private ValueTask ChosenAsync(Arrival arrival)
    {
        var frame = arrival.Frame!;
        _choosing--;
        if (arrival.Visit is { Phase: not VisitPhase.Choosing }) return ValueTask.CompletedTask;
        if (arrival.Error is null) return AppendAsync((RouteTaken)arrival.Value!);

        frame.ChoiceUnderWay = false;
        frame.Failure ??= Failure.From(arrival.Error, arrival.Visit?.Path);
        _state.Changed(frame);
        return arrival.Visit is { } visit ? AppendAsync(new RouteTaken { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts }) : ValueTask.CompletedTask;
    }

    private ValueTask StepEndedAsync(Arrival arrival)
    {
        var visit = arrival.Visit!;
        var usage = arrival.Usage ?? Usage.None;
        return arrival.Error is null ? CompleteAsync(visit, Payload.Of(arrival.Value), usage)
            : visit.Frame.Stopping && arrival.Error is OperationCanceledException ? CancelAsync(visit, abandoned: false)
            : FailAsync(visit, Failure.From(arrival.Error, visit.Path), usage);
    }

    private async ValueTask CompleteAsync(NodeVisit visit, Payload output, Usage usage)
    {
        await AppendAsync(visit, new StepCompleted { Output = output, Usage = usage }).ConfigureAwait(false);
        StepRunner.CloseSpan(visit, null);
    }

    private async ValueTask FailAsync(NodeVisit visit, Failure failure, Usage usage)
    {
        var policy = visit.Definition.Step.Policy;
        var now = _context.Time.GetUtcNow();
        if (!visit.Frame.Stopping && policy.Retry is { } retry && retry.Allows(failure, visit.Attempts))
        {
            var due = now + retry.DelayAfter(visit.Attempts, Random.Shared.NextDouble());
            if (policy.Timeout is null || due < visit.StartedAt + policy.Timeout)
            {
                StepRunner.CloseSpan(visit, failure);
                await AppendAsync(visit, new StepRetrying { Failure = failure, Due = due }).ConfigureAwait(false);
                return;
            }
        }

        var (handled, output) = visit.Frame.Stopping ? (false, default) : Detour(visit, failure);
        await AppendAsync(visit, new StepFailed { Failure = failure, Handled = handled, Output = output }).ConfigureAwait(false);
        StepRunner.CloseSpan(visit, failure);
    }

    private static (bool Handled, Payload Output) Detour(NodeVisit visit, Failure failure) => visit.Definition.Step.Policy.OnFailure switch
    {
        FailurePolicy.Continue go => (true, Payload.Of(go.Value(failure))),
        FailurePolicy.Deliver => (true, Payload.Of(failure)),
        FailurePolicy.Go => (true, visit.Frame.Graph.Nodes[visit.Definition.FailureEdge!.Target].Step.InputType == typeof(Failure) ? Payload.Of(failure) : visit.Input),
        _ => (false, default),
    };

    private async ValueTask CancelAsync(NodeVisit visit, bool abandoned)
    {
        await AppendAsync(visit, new StepCancelled { Reason = _cancelReason ?? "the run is ending", Abandoned = abandoned }).ConfigureAwait(false);
        StepRunner.CloseSpan(visit, new Failure { Kind = FailureKind.Cancelled, Type = "cancelled", Message = "cancelled" });
    }

    private ValueTask StopRunAsync(string? cancelReason, Failure? failure)
    {
        if (_state.Root is not { } root || _cancelReason is not null || _stopFailure is not null) return ValueTask.CompletedTask;
        (_cancelReason, _stopFailure) = (cancelReason, failure);
        return StopAsync(root);
    }

    /// <summary>Has everything under way in a frame stop: code through its token, nested workflows through themselves, waits at once.</summary>
    private async ValueTask StopAsync(Frame frame)
    {
        if (frame.Stopping) return;
        frame.Stopping = true;
        RunOf(frame).Stop();
        _state.Changed(frame);
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) await StopAsync(nested).ConfigureAwait(false);
            else if (!_steps.IsUnderWay(visit)) await CancelAsync(visit, abandoned: false).ConfigureAwait(false);
        }

        if (_graceOver) await AbandonVisitsAsync().ConfigureAwait(false);
        else if (frame.Working > 0) ArmTimer(_state.Graph.Options.CancellationGrace, new Arrival(ArrivalKind.GraceOver));
    }

    private async ValueTask AbandonVisitsAsync()
    {
        foreach (var visit in _frames.Keys.Where(frame => frame.Stopping).SelectMany(frame => frame.CurrentVisits()).Where(_steps.IsUnderWay).ToArray())
        {
            await CancelAsync(visit, abandoned: true).ConfigureAwait(false);
        }
    }

    private async ValueTask EndAsync(Frame frame)
    {
        var name = frame.Parent?.Definition.Step.Name ?? _state.Graph.Name;
        RunEvent ended = Conclude(frame, name);
        await AppendAsync(ended).ConfigureAwait(false);
        if (_frames.Remove(frame, out var run))
        {
            if (frame.Parent is not null)
            {
                if (ended is RunFailed failed) run.Span.Fail(failed.Failure);
                run.Span?.Stop();
            }

            run.Dispose();
        }
    }

    private RunEvent Conclude(Frame frame, string name)
    {
        var isRoot = frame.Parent is null;
        var failure = isRoot ? _stopFailure ?? frame.Failure : frame.Failure;
        if (failure is null && (isRoot ? _cancelReason is not null : frame.Stopping))
        {
            return new RunCancelled { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Reason = _cancelReason ?? "the run around it is ending", Usage = frame.Usage };
        }

        try
        {
            if (failure is null) return new RunCompleted { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Output = Payload.Of(frame.CollectOutput()), Usage = frame.Usage };
        }
        catch (Exception unfit) when (unfit is PayloadException or InvalidCastException)
        {
            failure = Failure.From(unfit);
        }

        var siblings = frame.SiblingFailures.Count > 0 ? frame.SiblingFailures.ToArray() : null;
        return new RunFailed { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Failure = failure with { Siblings = siblings }, Usage = frame.Usage };
    }

    private bool IsIdle => _steps.UnderWay == 0 && _choosing == 0;

    private DateTimeOffset? NextDue() => _state.CurrentVisits().Min(visit => visit.Due);

    private ValueTask AppendAsync(NodeVisit visit, RunEvent runEvent) =>
        AppendAsync((runEvent with { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts }).TracedBy(visit.Span));

    private ValueTask AppendAsync(RunEvent runEvent)
    {
        // The run's token plays no part: what has happened is written down even when the run is being stopped.
        var appended = _log.StageAsync(runEvent);
        if (!appended.IsCompletedSuccessfully) return Awaited(appended);
        _state.Apply(appended.Result);
        return ValueTask.CompletedTask;

        async ValueTask Awaited(ValueTask<RunEvent> append) => _state.Apply(await append.ConfigureAwait(false));
    }

    private FrameRun RunOf(Frame frame)
    {
        if (_frames.TryGetValue(frame, out var run)) return run;
        if (frame.Parent is not { } parent)
        {
            run = new FrameRun(CancellationTokenSource.CreateLinkedTokenSource(_cancelled), Activity.Current);
        }
        else
        {
            var outer = RunOf(parent.Frame);
            run = new FrameRun(CancellationTokenSource.CreateLinkedTokenSource(outer.Token), _steps.OpenNestedSpan(parent));
        }

        return _frames[frame] = run;
    }

    private void ArmTimer(TimeSpan wait, Arrival arrival)
    {
        if (wait <= TimeSpan.Zero)
        {
            Post(arrival);
            return;
        }

        // Timers of the platform are limited to about 49 days; a longer wait comes back early and is armed again.
        var step = wait < TimeSpan.FromDays(40) ? wait : TimeSpan.FromDays(40);
        _timers.Add(_context.Time.CreateTimer(_ =>
        {
            if (step == wait) Post(arrival);
            else ArmTimer(wait - step, arrival);
        }, null, step, Timeout.InfiniteTimeSpan));
    }

    /// <summary>The log is gone: stop all work and wait for it, so that nothing goes on unrecorded.</summary>
    private async Task AbandonAsync()
    {
        foreach (var frame in _frames.Values) frame.Stop();
        using var grace = new CancellationTokenSource(_state.Graph.Options.CancellationGrace, _context.Time);
        try
        {
            while (_steps.UnderWay > 0) await _arrivals.Reader.ReadAsync(grace.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Steps that do not stop are left behind.
        }
    }
}
