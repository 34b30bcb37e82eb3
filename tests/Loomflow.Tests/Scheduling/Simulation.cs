namespace Loomflow.Tests.Scheduling;

/// <summary>
/// Drives the pure core without an engine: carries commands out at once and lets what takes time end in an order that chance picks.
/// Checks at every step what must always hold.
/// </summary>
internal sealed class Simulation
{
    private readonly Random _random;
    private readonly List<(string Key, Func<IEnumerable<RunEvent>> Arrive)> _pending = [];
    private readonly RunIdentity _run = new() { RunId = "run_1", Name = "root", SessionId = "sess_1" };
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Simulation(Graph graph, int seed, IReadOnlyList<RunEvent>? journal = null)
    {
        _random = new Random(seed);
        State = new RunState(graph);
        foreach (var e in journal ?? []) Fold(e);
        if (journal is { Count: > 0 }) State.LookAtEverything();
        else Append(new RunStarted { Kind = RunKind.Workflow, Name = graph.Name, Input = Payload.Of("in") });
    }

    public RunState State { get; }

    public List<RunEvent> Journal { get; } = [];

    public void Run()
    {
        for (var i = 0; !State.IsTerminal; i++)
        {
            i.ShouldBeLessThan(100_000, "the run goes on for ever");
            while (!State.IsTerminal && Scheduler.TryNext(State, out var command)) Execute(command);
            if (State.IsTerminal) break;
            _pending.ShouldNotBeEmpty("the scheduler waits for nothing");
            var at = _random.Next(_pending.Count);
            var arrived = _pending[at];
            _pending.RemoveAt(at);
            foreach (var e in arrived.Arrive()) Append(e);
        }
    }

    private void Execute(Command command)
    {
        var visit = command.Visit;
        switch (command.Kind)
        {
            case CommandKind.Begin:
                CheckBegin(command.Frame, command.Node!);
                var path = command.Frame.Path.Length == 0 ? command.Node!.Segment : $"{command.Frame.Path}/{command.Node!.Segment}";
                Append(new StepStarted { Path = path, Visit = command.Frame.VisitsOf(command.Node!) + 1, Input = command.Frame.BindInput(command.Node!).Input });
                break;
            case CommandKind.CarryOut:
                Pend($"{visit!.Path}~{visit.Attempts}", () => CarryOut(visit));
                break;
            case CommandKind.EnterNested:
                Append(new RunStarted { Path = visit!.NestedPath, Kind = RunKind.Workflow, Name = visit.Node, Input = visit.Input });
                break;
            case CommandKind.SetTimer:
                Append(new TimerSet { Path = visit!.Path, Visit = visit.Visit, Due = _now });
                break;
            case CommandKind.Ask:
                var request = new ApprovalRequest { ApprovalId = RunApprovals.IdOf("run_1", visit!.Path, visit.Visit), Title = "?" };
                Append(new ApprovalRequested { Path = visit.Path, Visit = visit.Visit, Request = request });
                PendAnswer(visit);
                break;
            case CommandKind.AwaitDue when visit!.Phase == VisitPhase.Backoff:
                Pend($"{visit.Path} again", () => [new StepStarted { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts + 1, Input = visit.Input }]);
                break;
            case CommandKind.AwaitDue:
                Pend($"{visit!.Path} due", () => [new TimerFired { Path = visit.Path, Visit = visit.Visit }]);
                break;
            case CommandKind.Choose:
                if (visit is null) command.Frame.ChoiceUnderWay = true;
                Pend($"{visit?.Path ?? command.Frame.Path} choice", () => [Choose(command.Frame, visit)]);
                break;
            case CommandKind.Complete:
                Append(new StepCompleted { Path = visit!.Path, Visit = visit.Visit, Attempt = visit.Attempts, Output = command.Value });
                break;
            case CommandKind.Fail:
                foreach (var e in Fail(visit!, command.Failure!)) Append(e);
                break;
            case CommandKind.Cancel:
                Append(new StepCancelled { Path = visit!.Path, Visit = visit.Visit, Attempt = visit.Attempts });
                break;
            case CommandKind.Halt:
                Append(new RunStopping { Path = command.Frame.Path, Failure = command.Failure });
                break;
            case CommandKind.Stop:
                Stop(command.Frame);
                break;
            case CommandKind.End:
                Append(End(command.Frame));
                break;
        }

        // Whoever answers and signals does so whether somebody waits or not.
        if (command.Kind == CommandKind.Begin && command.Node!.Step is ISignalStep signal) Pend("signal", () => [new SignalReceived { Name = signal.Signal, Data = Payload.Of("went") }]);
    }

    private void PendAnswer(NodeVisit visit) => Pend($"{visit.Path} answer", () =>
    [
        new ApprovalDecided { Path = visit.Path, Visit = visit.Visit, ApprovalId = visit.ApprovalId!, Decision = new ApprovalDecision { Outcome = ApprovalOutcome.Approved } },
    ]);

    private IEnumerable<RunEvent> CarryOut(NodeVisit visit)
    {
        var before = StepScope.Current;
        var context = new RunContext { Run = _run, Events = new InProcessRunLog(_run, TimeProvider.System) };
        using var scope = new StepScope(context, visit.Path, visit.Visit, visit.Attempts).Enter();
        try
        {
            var output = visit.Definition.Step.InvokeAsync(visit.Input.As(visit.Definition.Step.InputType), default).AsTask().GetAwaiter().GetResult();
            return [new StepCompleted { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Output = Payload.Of(output) }];
        }
        catch (Exception failure)
        {
            return Fail(visit, Failure.From(failure, visit.Path));
        }
    }

    private IEnumerable<RunEvent> Fail(NodeVisit visit, Failure failure)
    {
        var policy = visit.Definition.Step.Policy;
        if (!visit.Frame.IsEnding && policy.Retry is { } retry && retry.Allows(failure, visit.Attempts))
        {
            return [new StepRetrying { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = failure, Due = _now }];
        }

        var output = policy.OnFailure switch
        {
            FailurePolicy.Continue go => Payload.Of(go.Value(failure)),
            FailurePolicy.Go => visit.Input,
            _ => Payload.Null,
        };
        return [new StepFailed { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = failure, Handled = policy.OnFailure is not FailurePolicy.Fail && !visit.Frame.IsEnding, Output = output }];
    }

    private static RouteTaken Choose(Frame frame, NodeVisit? visit)
    {
        var node = visit?.Definition;
        var path = visit?.Path ?? frame.Path;
        var value = visit is null ? frame.InputValue : visit.Output.As(typeof(object));
        if ((visit is null ? frame.Graph.EntryRouter : node!.Router) is { } router)
        {
            var label = router.Classify(value, default).AsTask().GetAwaiter().GetResult();
            return new RouteTaken { Path = path, Visit = visit?.Visit ?? 1, Label = label, Edges = [router.Pick("x", label)] };
        }

        return new RouteTaken { Path = path, Visit = visit!.Visit, Edges = [.. node!.Out.Where(edge => edge.Condition?.Invoke(value) ?? true).Select(edge => edge.Index)] };
    }

    private void Stop(Frame frame)
    {
        frame.Stopping = true;
        State.Changed(frame);
        frame.ChoiceUnderWay = false;
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) Stop(nested);
            else Append(new StepCancelled { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts });
        }
    }

    private static RunEvent End(Frame frame)
    {
        var name = frame.Graph.Name;
        return frame.Failure is { } failure ? new RunFailed { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Failure = failure }
            : frame.IsEnding ? new RunCancelled { Path = frame.Path, Kind = RunKind.Workflow, Name = name }
            : new RunCompleted { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Output = Payload.Of(frame.CollectOutput()) };
    }

    /// <summary>No active node may still be able to reach a node that begins, except round a cycle that both are on.</summary>
    private static void CheckBegin(Frame frame, Node node)
    {
        frame.Working.ShouldBeLessThan(frame.Graph.Options.MaxConcurrency);
        frame.Steps.ShouldBeLessThan(frame.Graph.Options.MaxSteps);
        frame.VisitsOf(node).ShouldBeLessThan(frame.Graph.Options.MaxVisitsPerNode);
        foreach (var other in frame.CurrentVisits())
        {
            if (other.Definition != node && Reaches(frame.Graph, other.Definition, node)) Reaches(frame.Graph, node, other.Definition).ShouldBeTrue($"'{node.Name}' begins while '{other.Node}' can still reach it");
        }
    }

    private static bool Reaches(Graph graph, Node from, Node to)
    {
        var seen = new HashSet<int>();
        var open = new Stack<Node>([from]);
        while (open.TryPop(out var node))
        {
            foreach (var edge in graph.Edges.Where(edge => edge.Source == node.Index && edge.Target != Edge.Outside))
            {
                if (edge.Target == to.Index) return true;
                if (seen.Add(edge.Target)) open.Push(graph.Nodes[edge.Target]);
            }
        }

        return false;
    }

    private void Pend(string key, Func<IEnumerable<RunEvent>> arrive) => _pending.Add((key, arrive));

    private void Append(RunEvent e)
    {
        // What comes for a place that has ended in the meantime is out of date.
        if (State.IsTerminal) return;
        _now += TimeSpan.FromMilliseconds(1);
        Fold(e.Stamp(_run, Journal.Count + 1, _now));
    }

    private void Fold(RunEvent e)
    {
        Journal.Add(e);
        State.Apply(e);
    }

    /// <summary>What was asked and not answered is answered by whoever goes on with a run.</summary>
    public Simulation Resumed()
    {
        foreach (var visit in State.CurrentVisits().Where(visit => visit is { ApprovalId: not null, Decision: null }).ToArray()) PendAnswer(visit);
        var waiting = State.CurrentVisits().Count(visit => visit.Definition.Step.Kind == StepKind.Signal);
        var kept = Journal.OfType<SignalReceived>().Count() - Journal.OfType<StepCompleted>().Count(e => e.Output.ToString() == "went");
        for (var i = kept; i < waiting; i++) Pend("signal", () => [new SignalReceived { Name = "go", Data = Payload.Of("went") }]);
        return this;
    }
}
