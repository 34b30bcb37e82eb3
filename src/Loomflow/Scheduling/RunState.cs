using System.Diagnostics.CodeAnalysis;

namespace Loomflow;

/// <summary>
/// The state of a run: a fold of its events and nothing else. No I/O, no clock, no randomness; the same events always give the
/// same state, in whichever process.
/// </summary>
internal sealed class RunState(Graph graph)
{
    private readonly Dictionary<string, Frame> _nested = new(StringComparer.Ordinal);
    private readonly List<NodeVisit> _history = new(graph.Nodes.Length);
    private readonly List<NodeVisit> _completed = new(graph.Nodes.Length);

    public Graph Graph { get; } = graph;

    /// <summary>The run's own workflow; absent until it has started.</summary>
    public Frame? Root { get; private set; }

    public RunStatus Status { get; private set; } = RunStatus.Queued;

    public Failure? Failure { get; private set; }

    public Payload Output { get; private set; }

    public Usage Usage { get; private set; } = Usage.None;

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>The last event that was folded in.</summary>
    public long Sequence { get; private set; }

    /// <summary>Every visit, in the order in which they began.</summary>
    public IReadOnlyList<NodeVisit> History => _history;

    /// <summary>The visits that gave an output, in the order in which they did.</summary>
    public IReadOnlyList<NodeVisit> Completed => _completed;

    /// <summary>Questions without an answer, by approval id.</summary>
    public Dictionary<string, ApprovalRequested> OpenApprovals { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers, by approval id.</summary>
    public Dictionary<string, ApprovalDecision> Decisions { get; } = new(StringComparer.Ordinal);

    /// <summary>Signals that came and were not taken, and the visits that wait for some.</summary>
    public SignalInbox Signals { get; } = new();

    /// <summary>Visits and frames that something has changed for since the scheduler last looked.</summary>
    public Queue<NodeVisit> ChangedVisits { get; } = new();

    public Queue<Frame> ChangedFrames { get; } = new();

    public bool IsTerminal => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled or RunStatus.Capped;

    public void Apply(RunEvent e)
    {
        Sequence = e.Sequence;
        switch (e)
        {
            case RunStarted { Kind: RunKind.Workflow } started: Enter(started); break;
            case RunCompleted completed: Leave(completed, RunStatus.Completed, completed.Output, null, completed.Usage); break;
            case RunFailed failed: Leave(failed, failed.Failure.Kind == FailureKind.Capped ? RunStatus.Capped : RunStatus.Failed, Payload.Null, failed.Failure, failed.Usage); break;
            case RunCancelled cancelled: Leave(cancelled, RunStatus.Cancelled, Payload.Null, null, cancelled.Usage); break;
            case StepStarted { Inline: false }: Begin(e); break;
            case StepCompleted { Inline: false } completed: Complete(completed); break;
            case StepFailed { Inline: false } failed: Fail(failed); break;
            case StepRetrying retrying: Retry(retrying); break;
            case StepCancelled cancelled: Cancel(cancelled); break;
            case RunStopping stopping: Halt(stopping); break;
            case RouteTaken route: TakeRoute(route); break;
            case TimerSet timer: SetDue(timer); break;
            case TimerFired: Change(e, visit => visit.Asked = true); break;
            case ApprovalRequested requested: Ask(requested); break;
            case ApprovalDecided decided: Decide(decided); break;
            case SignalReceived signal: Receive(signal); break;
        }
    }

    /// <summary>Every visit under way, nested ones included.</summary>
    public IEnumerable<NodeVisit> CurrentVisits() => _nested.Values.Prepend(Root).OfType<Frame>().SelectMany(frame => frame.CurrentVisits());

    /// <summary>Has the scheduler look at everything again: what an engine does with a state that it has just folded from a journal.</summary>
    public void LookAtEverything()
    {
        ChangedVisits.Clear();
        ChangedFrames.Clear();
        Signals.ForgetWaiters();
        foreach (var frame in _nested.Values.Prepend(Root).OfType<Frame>().Where(frame => frame.Status == RunStatus.Running))
        {
            (frame.Queued, frame.Stopping, frame.ChoiceUnderWay) = (false, false, false);
            Changed(frame);
        }

        // In the order in which they began: of two that wait for the same signal, the first gets it.
        foreach (var visit in _history.Where(visit => visit.Phase != VisitPhase.Ended))
        {
            (visit.CodeUnderWay, visit.LimitedAttempt) = (false, 0);
            ChangedVisits.Enqueue(visit);
        }
    }

    public void Changed(Frame frame)
    {
        if (frame.Queued) return;
        frame.Queued = true;
        ChangedFrames.Enqueue(frame);
    }

    private void Enter(RunStarted e)
    {
        if (e.Path.Length == 0)
        {
            Root = new Frame(Graph, "", e.Input, parent: null);
            Status = RunStatus.Running;
            StartedAt = e.Time;
            Changed(Root);
        }
        else if (FindNesting(e.Path) is { } visit)
        {
            // A nested workflow's input is its node's; the event repeats it for whoever reads the journal.
            var frame = new Frame(((INestedWorkflow)visit.Definition.Step).Expand(visit.Input), e.Path, visit.Input, visit);
            visit.Nested = frame;
            _nested[e.Path] = frame;
            Changed(frame);
        }
    }

    private void Leave(RunEvent e, RunStatus status, Payload output, Failure? failure, Usage usage)
    {
        if (e.Path.Length == 0)
        {
            Root?.Close(status, output);
            (Status, Output, Failure, Usage, EndedAt) = (status, output, failure, usage, e.Time);
        }
        else if (_nested.Remove(e.Path, out var frame))
        {
            if (failure is not null) frame.Fail(failure);
            frame.Close(status, output);
            ChangedVisits.Enqueue(frame.Parent!);
        }
    }

    private void Begin(RunEvent e)
    {
        if (!TryFind(e.Path, out var frame, out var node)) return;
        var repeated = frame.CurrentAt(node);
        var (input, failure) = repeated is null ? frame.BindInput(node) : (repeated.Input, repeated.InputFailure);
        var visit = frame.Begin(node, e.Path, e.Attempt, input, e.Time);
        visit.InputFailure = failure;
        if (repeated is null) _history.Add(visit);
        ChangedVisits.Enqueue(visit);
    }

    private void Complete(StepCompleted e)
    {
        if (!TryFindVisit(e.Path, out var visit)) return;
        visit.Output = e.Output;
        Consume(visit, e.Usage);
        if (visit.Definition.Step is ISignalStep waiter) Signals.Take(waiter.Signal);
        _completed.Add(visit);
        Finish(visit, RunStatus.Completed, e.Time);
    }

    private void Fail(StepFailed e)
    {
        if (!TryFindVisit(e.Path, out var visit)) return;
        visit.Failure = e.Failure;
        visit.Output = e.Output;
        Consume(visit, e.Usage);
        if (!e.Handled)
        {
            visit.Frame.Fail(e.Failure);
            End(visit, RunStatus.Failed, e.Time, []);
        }
        else if (visit.Definition.FailureEdge is { } detour) End(visit, RunStatus.Failed, e.Time, [detour]);
        else Finish(visit, RunStatus.Failed, e.Time);
    }

    private static void Consume(NodeVisit visit, Usage usage)
    {
        visit.Usage += usage;
        visit.Frame.Usage += usage;
    }

    private void Finish(NodeVisit visit, RunStatus status, DateTimeOffset time)
    {
        visit.Status = status;
        if (!visit.Definition.Chooses)
        {
            End(visit, status, time, visit.Definition.Out);
            return;
        }

        visit.EndedAt = time;
        visit.Phase = VisitPhase.Choosing;
        ChangedVisits.Enqueue(visit);
    }

    private void End(NodeVisit visit, RunStatus status, DateTimeOffset time, ReadOnlySpan<Edge> taken)
    {
        visit.Status = status;
        visit.EndedAt ??= time;
        if (visit.ApprovalId is { } asked) OpenApprovals.Remove(asked);
        visit.Frame.End(visit, taken, visit.Output, failed: status == RunStatus.Failed && visit.Definition.Step.Policy.OnFailure is FailurePolicy.Deliver);
        Changed(visit.Frame);
    }

    private void Retry(StepRetrying e)
    {
        if (!TryFindVisit(e.Path, out var visit)) return;
        visit.Failure = e.Failure;
        Consume(visit, e.Usage);
        visit.Phase = VisitPhase.Backoff;
        visit.Due = e.Due;
        ChangedVisits.Enqueue(visit);
    }

    private void Cancel(StepCancelled e)
    {
        if (!TryFindVisit(e.Path, out var visit)) return;
        Consume(visit, e.Usage);

        // A step that was only choosing where to go on has done its work.
        End(visit, visit.Phase == VisitPhase.Choosing ? visit.Status : RunStatus.Cancelled, e.Time, []);
    }

    private void Halt(RunStopping e)
    {
        if (FrameAt(e.Path) is not { } frame) return;
        if (e.Failure is { } failure) frame.Fail(failure);
        else frame.Cancel(e.Reason ?? "cancelled");
        Changed(frame);
    }

    private Frame? FrameAt(string path) => path.Length == 0 ? Root : _nested.GetValueOrDefault(path);

    private void TakeRoute(RouteTaken e)
    {
        if (TryFindVisit(e.Path, out var visit) && visit.Phase == VisitPhase.Choosing)
        {
            if (e.Failure is not null) visit.Frame.Fail(e.Failure);
            End(visit, visit.Status, visit.EndedAt!.Value, EdgesOf(visit.Frame.Graph, e));
        }
        else if (FrameAt(e.Path) is { ChoosingEntry: true } frame)
        {
            if (e.Failure is not null) frame.Fail(e.Failure);
            frame.EnterBy(EdgesOf(frame.Graph, e));
            Changed(frame);
        }
    }

    private static Edge[] EdgesOf(Graph graph, RouteTaken e) => [.. e.Edges.Select(index => graph.Edges[index])];

    // Apart from Apply: what a lambda captures is allocated for every event of the method around it.
    private void SetDue(TimerSet e) => Change(e, visit => visit.Due = e.Due);

    private void Ask(ApprovalRequested e)
    {
        OpenApprovals[e.Request.ApprovalId] = e;
        Change(e, visit =>
        {
            visit.Asked = true;
            visit.ApprovalId = e.Request.ApprovalId;
            visit.Due = e.Request.Deadline;
        });
    }

    private void Decide(ApprovalDecided e)
    {
        OpenApprovals.Remove(e.ApprovalId);
        Decisions[e.ApprovalId] = e.Decision;
        Change(e, visit => visit.Decision = e.Decision);
    }

    private void Receive(SignalReceived e)
    {
        foreach (var visit in Signals.Receive(e)) ChangedVisits.Enqueue(visit);
    }

    /// <summary>Applies a change to the visit at exactly this place, if the event belongs to a node's own waiting and not to something nested.</summary>
    private void Change(RunEvent e, Action<NodeVisit> change)
    {
        if (!TryFindVisit(e.Path, out var visit) || visit.Definition.Step.Kind is StepKind.Code or StepKind.Remote) return;
        change(visit);
        ChangedVisits.Enqueue(visit);
    }

    private bool TryFindVisit(string path, [NotNullWhen(true)] out NodeVisit? visit)
    {
        visit = TryFind(path, out var frame, out var node) ? frame.CurrentAt(node) : null;
        return visit is not null;
    }

    private bool TryFind(string path, [NotNullWhen(true)] out Frame? frame, [NotNullWhen(true)] out Node? node)
    {
        frame = Root;
        if (frame is not null && frame.Graph.BySegment.TryGetValue(path, out node)) return true;
        var slash = path.LastIndexOf('/');
        if (slash > 0 && _nested.TryGetValue(path[..slash], out frame) && frame.Graph.BySegment.TryGetValue(path[(slash + 1)..], out node)) return true;
        node = null;
        return false;
    }

    private NodeVisit? FindNesting(string path)
    {
        if (TryFindVisit(path, out var direct) && direct.NestedPath == path) return direct;
        var marks = path.AsSpan().LastIndexOf('#');
        return marks > 0 && TryFindVisit(path[..marks], out var visit) && visit.NestedPath == path ? visit : null;
    }
}
