using System.Threading.Channels;

namespace Loomflow;

/// <summary>
/// The imperative shell around the pure scheduler, the same for every engine: asks what is next, does it, writes down what
/// happened, folds that into the state, and asks again. Only this loop touches the state; steps report to it through a queue.
/// </summary>
internal sealed partial class RunDriver
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

    /// <summary>Whether something was handed over that nobody has taken in.</summary>
    public bool HasUnread => _arrivals.Reader.TryPeek(out _);

    /// <summary>Hands something from outside to the run: a signal, an answer, a request to stop. Safe from any thread.</summary>
    public void Post(Arrival arrival) => _arrivals.Writer.TryWrite(arrival);

    /// <summary>Drives the run until it has ended, idles or is let go. A failure to write an event stops everything and is thrown.</summary>
    public async Task<RunStop> DriveAsync(TimeSpan? timeout)
    {
        using var cancellation = _cancelled.UnsafeRegister(static driver => ((RunDriver)driver!).Post(new Arrival(ArrivalKind.CancelRequested)), this);
        if (timeout is { } limit) _timers.Arm(limit, new Arrival(ArrivalKind.RunTimedOut));
        RunMetrics.RunDriven(_state.Graph.Name, 1);
        var left = "released";
        OpenSpans();
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
                return ReceiveAsync((SignalReceived)arrival.Value!);
            case ArrivalKind.CancelRequested:
                return HaltRunAsync(arrival.Value is Failure failure ? new RunStopping { Failure = failure } : new RunStopping { Reason = arrival.Value as string ?? "cancelled by the caller" });
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
}
