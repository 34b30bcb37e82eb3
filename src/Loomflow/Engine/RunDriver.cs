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
    private readonly VisitEvents _events;
    private readonly FrameRuns _frames;
    private readonly RunTimers _timers;
    private readonly CancellationTokenSource _letGo = new();
    private readonly CancellationToken _cancelled;

    public RunDriver(RunState state, RunContext context, CancellationToken cancellationToken)
    {
        (_state, _log, _cancelled) = (state, context.Events, cancellationToken);
        Approvals = new RunApprovals(context, context.Approvals);
        foreach (var (id, decision) in state.Decisions) Approvals.Know(new ApprovalDecided { ApprovalId = id, Decision = decision });
        foreach (var id in state.OpenApprovals.Keys) Approvals.KnowAsked(id);
        _context = context with { Approvals = Approvals, Released = _letGo.Token };
        _events = new VisitEvents(_log);
        _steps = new StepRunner(_context, _arrivals.Writer);
        _frames = new FrameRuns(_context, _steps, cancellationToken);
        _timers = new RunTimers(_context.Time, Post);
    }

    public RunApprovals Approvals { get; }

    /// <summary>Whether to return when only something from outside can go on, instead of waiting for it here.</summary>
    public bool SuspendsWhenIdle { get; init; }

    /// <summary>Lets go of the run: what is under way is stopped here without a word in the journal, so that another owner goes on.</summary>
    public CancellationToken Released { get; init; }

    /// <summary>The run's last event, once it is written.</summary>
    public RunEvent? Last { get; private set; }

    /// <summary>Hands something from outside to the run: a signal, an answer, a request to stop. Safe from any thread.</summary>
    public void Post(Arrival arrival) => _arrivals.Writer.TryWrite(arrival);

    /// <summary>Drives the run until it has ended, idles or is let go. A failure to write an event stops everything and is thrown.</summary>
    public async Task<RunStop> DriveAsync(TimeSpan? timeout)
    {
        using var cancellation = _cancelled.UnsafeRegister(static driver => ((RunDriver)driver!).Post(new Arrival(ArrivalKind.CancelRequested)), this);
        if (timeout is { } limit) _timers.Arm(limit, new Arrival(ArrivalKind.RunTimedOut));
        RunMetrics.RunDriven(_state.Graph.Name, 1);
        var left = "released";
        try
        {
            // A run that was cancelled before it began does not begin anything.
            while (!_state.IsTerminal && _arrivals.Reader.TryRead(out var early)) await HandleAsync(early).ConfigureAwait(false);
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
                    if (SuspendsWhenIdle && IsIdle && !_arrivals.Reader.TryPeek(out _))
                    {
                        left = "waiting";
                        return new RunStop(RunStopKind.Idle, NextDue());
                    }

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
            RunMetrics.RunDriven(_state.Graph.Name, -1);
            LeaveSpans(left);
            _timers.Dispose();
            _frames.Dispose();
            _letGo.Dispose();
        }
    }

    private ValueTask ExecuteAsync(Command command) => command.Kind switch
    {
        CommandKind.Begin => BeginAsync(command.Frame, command.Node!),
        CommandKind.CarryOut => CarryOutAsync(command.Visit!),
        CommandKind.EnterNested => EnterNestedAsync(command.Visit!),
        CommandKind.SetTimer => SetTimerAsync(command.Visit!),
        CommandKind.Ask => AskAsync(command.Visit!),
        CommandKind.AwaitDue => AwaitDue(command.Visit!),
        CommandKind.AwaitLimit => AwaitLimit(command.Visit!),
        CommandKind.Choose => Choose(command),
        CommandKind.Complete => CompleteAsync(command.Visit!, command.Value, command.Visit!.Nested?.Usage ?? Usage.None),
        CommandKind.Fail => FailAsync(command.Visit!, command.Failure!, command.Visit!.Nested?.Usage ?? Usage.None),
        CommandKind.Cancel => CancelAsync(command.Visit!, abandoned: false),
        CommandKind.Halt => AppendAsync(new RunStopping { Path = command.Frame.Path, Failure = command.Failure }),
        CommandKind.Stop => StopAsync(command.Frame),
        CommandKind.End => EndAsync(command.Frame),
        _ => throw new InvalidOperationException($"Unknown command: {command.Kind}."),
    };

    private ValueTask HandleAsync(Arrival arrival)
    {
        _steps.Arrived(arrival);
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
                return HaltRunAsync(new RunStopping { Reason = arrival.Value as string ?? "cancelled by the caller" });
            case ArrivalKind.RunTimedOut:
                return HaltRunAsync(new RunStopping { Failure = Failure.From(new TimeoutException($"Run {_context.RunId} of '{_state.Graph.Name}' took longer than its timeout.")) });
            case ArrivalKind.LimitReached when IsCurrent(arrival):
                return LimitReachedAsync(arrival.Visit!);
            case ArrivalKind.GraceOver:
                return AbandonVisitsAsync(arrival.Frame!);
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
        // The input repeats what the fold binds, for whoever reads the journal; what cannot be bound fails the step afterwards.
        return AppendAsync(_events.Started(path, frame.VisitsOf(node) + 1, attempt: 1, frame.BindInput(node).Input));
    }

    private ValueTask CarryOutAsync(NodeVisit visit)
    {
        // What is about to be done must be written down before it is begun.
        var flushed = _log.FlushAsync();
        if (!flushed.IsCompletedSuccessfully) return Awaited(flushed, visit);
        CarryOut(visit);
        return ValueTask.CompletedTask;

        async ValueTask Awaited(ValueTask flush, NodeVisit next)
        {
            await flush.ConfigureAwait(false);
            CarryOut(next);
        }
    }

    private void CarryOut(NodeVisit visit) => _steps.Start(visit, _frames.Of(visit.Frame), IsAlone(visit));

    /// <summary>Whether there is nothing that the visit's code could hold up.</summary>
    private bool IsAlone(NodeVisit visit)
    {
        if (_steps.UnderWay > 0) return false;
        for (var frame = visit.Frame; frame is not null; frame = frame.Parent?.Frame)
        {
            if (frame.Working > 1 || frame.HasReady) return false;
        }

        return true;
    }

    private ValueTask SetTimerAsync(NodeVisit visit)
    {
        _steps.OpenSpan(visit, _frames.Of(visit.Frame));
        return AppendAsync(new TimerSet { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Due = _context.Time.GetUtcNow() + ((IDelayStep)visit.Definition.Step).Duration }, visit);
    }

    private async ValueTask EnterNestedAsync(NodeVisit visit)
    {
        _steps.OpenSpan(visit, _frames.Of(visit.Frame));
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

    private async ValueTask AskAsync(NodeVisit visit)
    {
        var run = _frames.Of(visit.Frame);
        _steps.OpenSpan(visit, run);
        var request = ((IApprovalStep)visit.Definition.Step).Request(visit.Input, RunApprovals.IdOf(_context.RunId, visit.Path, visit.Visit), _context.Time.GetUtcNow());
        await AppendAsync(new ApprovalRequested { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Request = request }, visit).ConfigureAwait(false);
        await _log.FlushAsync().ConfigureAwait(false);
        Approvals.Answer(request, decision => Post(new Arrival(ArrivalKind.Decided)
        {
            Value = new ApprovalDecided { Path = visit.Path, Visit = visit.Visit, ApprovalId = request.ApprovalId, Decision = decision },
        }), run.Token, Released);
    }

    private ValueTask AwaitDue(NodeVisit visit)
    {
        var wait = visit.Due!.Value - _context.Time.GetUtcNow();
        _timers.Arm(wait, new Arrival(ArrivalKind.Due) { Visit = visit, Attempt = visit.Attempts });
        return ValueTask.CompletedTask;
    }

    private ValueTask DueAsync(NodeVisit visit) => visit switch
    {
        { Frame.IsEnding: true } => ValueTask.CompletedTask,
        { Phase: VisitPhase.Backoff } => AppendAsync(_events.Started(visit.Path, visit.Visit, visit.Attempts + 1, visit.Input)),
        { Definition.Step.Kind: StepKind.Delay } => AppendAsync(new TimerFired { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts }, visit),
        { Definition.Step.Kind: StepKind.Approval, Decision: null } => DecideByDeadlineAsync(visit),
        _ => ValueTask.CompletedTask,
    };

    /// <summary>Writes the first answer down; whoever still waits for it, or asks again after a restart, is told.</summary>
    private async ValueTask DecideAsync(ApprovalDecided decided)
    {
        if (!_state.OpenApprovals.TryGetValue(decided.ApprovalId, out var asked)) return;

        // An answer from outside knows the question, not the place in the run that asked it.
        await AppendAsync(decided with { Path = asked.Path, Visit = asked.Visit, Attempt = asked.Attempt }).ConfigureAwait(false);
        Approvals.Know(decided);
    }

    private ValueTask DecideByDeadlineAsync(NodeVisit visit)
    {
        var decision = new ApprovalDecision { Outcome = _state.OpenApprovals[visit.ApprovalId!].Request.Default, TimedOut = true };
        return DecideAsync(new ApprovalDecided { ApprovalId = visit.ApprovalId!, Decision = decision });
    }

    private ValueTask AwaitLimit(NodeVisit visit)
    {
        _timers.Arm(visit.Limit!.Value - _context.Time.GetUtcNow(), new Arrival(ArrivalKind.LimitReached) { Visit = visit, Attempt = visit.Attempts });
        return ValueTask.CompletedTask;
    }

    private ValueTask LimitReachedAsync(NodeVisit visit)
    {
        if (visit.Phase != VisitPhase.Working || visit.Frame.IsEnding) return ValueTask.CompletedTask;
        var failure = Failure.From(new TimeoutException($"Step '{visit.Node}' took longer than its timeout in attempt {visit.Attempts}."), visit.Path);
        return visit.Nested is { Status: RunStatus.Running } nested
            ? AppendAsync(new RunStopping { Path = nested.Path, Failure = failure })
            : FailAsync(visit, failure, Usage.None);
    }

    private ValueTask Choose(Command command)
    {
        _steps.Choose(command.Frame, command.Visit, _frames.Of(command.Frame));
        return ValueTask.CompletedTask;
    }

    private ValueTask ChosenAsync(Arrival arrival)
    {
        var (frame, visit) = (arrival.Frame!, arrival.Visit);
        if (visit is null ? !frame.ChoosingEntry || frame.Status != RunStatus.Running : visit.Phase != VisitPhase.Choosing) return ValueTask.CompletedTask;
        if (arrival.Error is null) return AppendAsync((RouteTaken)arrival.Value!);
        if (!frame.Stopping || arrival.Error is not OperationCanceledException)
        {
            var failure = Failure.From(arrival.Error, visit?.Path);
            return AppendAsync(new RouteTaken { Path = visit?.Path ?? frame.Path, Visit = visit?.Visit ?? 1, Attempt = visit?.Attempts ?? 1, Failure = failure });
        }

        _state.Changed(frame);
        return visit is null ? ValueTask.CompletedTask : CancelAsync(visit, abandoned: false);
    }

    private ValueTask StepEndedAsync(Arrival arrival)
    {
        var visit = arrival.Visit!;
        var usage = arrival.Usage ?? Usage.None;
        return arrival.Error is null ? CompleteAsync(visit, Payload.Of(arrival.Value), usage)
            : visit.Frame.Stopping && arrival.Error is OperationCanceledException ? CancelAsync(visit, abandoned: false, usage)
            : FailAsync(visit, Failure.From(arrival.Error, visit.Path), usage);
    }

    private ValueTask CompleteAsync(NodeVisit visit, Payload output, Usage usage) =>
        CloseAsync(visit, _events.Completed(visit, output, usage), "completed");

    private ValueTask FailAsync(NodeVisit visit, Failure failure, Usage usage)
    {
        // What cannot be its input fails a step before it begins; it is in the trace all the same.
        if (visit.InputFailure is not null) _steps.OpenSpan(visit, _frames.Of(visit.Frame));
        if (!visit.Frame.IsEnding && Endings.RetryAt(visit, failure, _context.Time.GetUtcNow()) is { } due)
        {
            return CloseAsync(visit, new StepRetrying { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = failure, Due = due, Usage = usage }, "retrying", failure);
        }

        var (reported, handled, output) = visit.Frame.IsEnding ? (failure, false, default) : Endings.Detour(visit, failure);
        return CloseAsync(visit, new StepFailed { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = reported, Handled = handled, Output = output, Usage = usage }, "failed", reported);
    }

    private ValueTask CancelAsync(NodeVisit visit, bool abandoned, Usage? usage = null)
    {
        var reason = _state.Root!.CancelReason ?? "the run is ending";
        return CloseAsync(
            visit,
            new StepCancelled { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Reason = reason, Abandoned = abandoned, Usage = usage ?? visit.Nested?.Usage ?? Usage.None },
            "cancelled");
    }

    /// <summary>Writes down how an attempt ended.</summary>
    private ValueTask CloseAsync(NodeVisit visit, RunEvent ended, string outcome, Failure? failure = null)
    {
        var began = visit.AttemptStartedAt;
        var appended = AppendAsync(ended, visit);
        if (visit.ApprovalId is { } asked) Approvals.Withdraw(asked);
        return visit.Span is null && !RunMetrics.MeasuresSteps ? appended : _steps.ReportAsync(visit, appended, ended, began, outcome, failure);
    }

    /// <summary>Whatever is still open here goes on elsewhere, or later: its spans must not stay open with it.</summary>
    private void LeaveSpans(string outcome)
    {
        if (!LoomTelemetry.Source.HasListeners()) return;
        foreach (var visit in _state.CurrentVisits()) StepRunner.LeaveSpan(visit, outcome);
        _frames.LeaveSpans(outcome);
    }

    private ValueTask HaltRunAsync(RunStopping stopping) =>
        _state.Root is { IsEnding: false } ? AppendAsync(stopping) : ValueTask.CompletedTask;

    /// <summary>Has everything under way in a frame stop: code through its token, nested workflows through themselves, waits at once.</summary>
    private async ValueTask StopAsync(Frame frame)
    {
        await TellToStopAsync(frame).ConfigureAwait(false);
        if (frame.Working > 0 || frame.ChoiceUnderWay) _timers.Arm(Endings.GraceOf(frame), new Arrival(ArrivalKind.GraceOver) { Frame = frame });
    }

    private async ValueTask TellToStopAsync(Frame frame)
    {
        if (frame.Stopping) return;
        frame.Stopping = true;
        _frames.Of(frame).Stop();
        _state.Changed(frame);
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) await TellToStopAsync(nested).ConfigureAwait(false);
            else if (!visit.CodeUnderWay) await CancelAsync(visit, abandoned: false).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves behind what has not stopped in time.</summary>
    private async ValueTask AbandonVisitsAsync(Frame frame)
    {
        if (frame.Status != RunStatus.Running) return;
        frame.ChoiceUnderWay = false;
        _state.Changed(frame);
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) await AbandonVisitsAsync(nested).ConfigureAwait(false);
            else await CancelAsync(visit, abandoned: true).ConfigureAwait(false);
        }
    }

    private async ValueTask EndAsync(Frame frame)
    {
        var last = Endings.Of(frame);
        await AppendAsync(last).ConfigureAwait(false);
        _frames.Close(frame, last);
        if (frame.Parent is not null) return;
        Last = last;
        RunMetrics.RunEnded("workflow", _state.Graph.Name, WorkflowSpan.OutcomeOf(frame.Status), last.Time - _state.StartedAt);
    }

    private bool IsIdle => _steps.UnderWay == 0;

    private DateTimeOffset? NextDue() => _state.CurrentVisits().Min(visit => visit.Due < visit.Limit ? visit.Due : visit.Limit ?? visit.Due);

    private ValueTask AppendAsync(RunEvent runEvent, NodeVisit visit) => AppendAsync(runEvent.TracedBy(visit.Span));

    private ValueTask AppendAsync(RunEvent runEvent)
    {
        // The run's token plays no part: what has happened is written down even when the run is being stopped.
        var appended = _log.StageAsync(runEvent);
        if (!appended.IsCompletedSuccessfully) return Awaited(appended);
        _state.Apply(appended.Result);
        return ValueTask.CompletedTask;

        async ValueTask Awaited(ValueTask<RunEvent> append) => _state.Apply(await append.ConfigureAwait(false));
    }

    /// <summary>The log is gone: stop all work and wait for it, so that nothing goes on unrecorded.</summary>
    private async Task AbandonAsync()
    {
        await _letGo.CancelAsync().ConfigureAwait(false);
        _frames.StopAll();
        using var grace = new CancellationTokenSource(_state.Graph.Options.CancellationGrace, _context.Time);
        try
        {
            while (_steps.UnderWay > 0) _steps.Arrived(await _arrivals.Reader.ReadAsync(grace.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Steps that do not stop are left behind.
        }
    }
}
