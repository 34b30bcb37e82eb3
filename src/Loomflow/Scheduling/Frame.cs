using System.Collections;
using System.Runtime.InteropServices;

namespace Loomflow;

/// <summary>
/// The state of one workflow inside a run: the run's own, or one that is nested in a node. Decides which nodes are ready: a node
/// is, once something was delivered to it and no other active node can still reach it. So a slow branch holds up only what
/// depends on it, and a join gets all its inputs at once.
/// </summary>
internal sealed class Frame
{
    private readonly Slot[] _slots;
    private readonly List<int> _active = [];
    private readonly Queue<int> _ready = new();
    private readonly List<Delivery> _ended = [];
    private object? _input;
    private bool _inputDecoded;

    public Frame(Graph graph, string path, Payload input, NodeVisit? parent)
    {
        Graph = graph;
        Path = path;
        Input = input;
        Parent = parent;
        _slots = new Slot[graph.Nodes.Length];
        if (graph.EntryRouter is not null) ChoosingEntry = true;
        else EnterBy(graph.Entry);
    }

    public Graph Graph { get; }

    /// <summary>Empty for the run's own workflow.</summary>
    public string Path { get; }

    public Payload Input { get; }

    /// <summary>The visit that this workflow is nested in.</summary>
    public NodeVisit? Parent { get; }

    /// <summary>Whether the entry router has still to choose.</summary>
    public bool ChoosingEntry { get; private set; }

    /// <summary>Whether the entry router is being asked right now. Not part of the fold, like <see cref="Stopping"/>.</summary>
    public bool ChoiceUnderWay { get; set; }

    public int Steps { get; private set; }

    /// <summary>Visits under way, those between two attempts included.</summary>
    public int Working { get; private set; }

    public RunStatus Status { get; private set; } = RunStatus.Running;

    public Payload Output { get; private set; }

    /// <summary>The failure that ends this workflow once all its visits have ended.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>Why this workflow is cancelled once all its visits have ended.</summary>
    public string? CancelReason { get; private set; }

    /// <summary>What went wrong after the cause of the end was known.</summary>
    public List<Failure> SiblingFailures { get; } = [];

    /// <summary>Whether this workflow itself failed or was cancelled.</summary>
    public bool HasCauseToEnd => Failure is not null || CancelReason is not null;

    /// <summary>Whether nothing begins any more, because of this workflow or of one around it.</summary>
    public bool IsEnding
    {
        get
        {
            for (var frame = this; frame is not null; frame = frame.Parent?.Frame)
            {
                if (frame.HasCauseToEnd) return true;
            }

            return false;
        }
    }

    public Usage Usage { get; set; } = Usage.None;

    public bool Queued { get; set; }

    /// <summary>Whether the engine has told everything under way here to stop. Not part of the fold; whoever takes a run over tells it again.</summary>
    public bool Stopping { get; set; }

    /// <summary>The next node to begin, if one is ready and the concurrency limit leaves room.</summary>
    public Node? NextToBegin => Working < Graph.Options.MaxConcurrency && _ready.TryPeek(out var index) ? Graph.Nodes[index] : null;

    public bool HasReady => _ready.Count > 0;

    public int VisitsOf(Node node) => _slots[node.Index].Visits;

    public NodeVisit? CurrentAt(Node node) => _slots[node.Index].Current;

    public IEnumerable<NodeVisit> CurrentVisits() => _active.Select(index => _slots[index].Current).OfType<NodeVisit>();

    /// <summary>The input decoded once, for edges that carry one element of it.</summary>
    public object? InputValue
    {
        get
        {
            if (!_inputDecoded) (_input, _inputDecoded) = (Input.As(Graph.InputType), true);
            return _input;
        }
    }

    /// <summary>What the step of a node is given, from what has been delivered, or why that cannot be. A fold never throws.</summary>
    public (Payload Input, Failure? Failure) BindInput(Node node)
    {
        ref var slot = ref _slots[node.Index];
        try
        {
            if (slot.Deliveries == 1) return (Payload.Of(node.Input.Bind(node.Name, [ValueOf(slot.First)])), null);
            var join = slot.Join!;
            if (join.Bound is null)
            {
                var deliveries = new Delivery[slot.Deliveries];
                deliveries[0] = slot.First;
                CollectionsMarshal.AsSpan(join.More).CopyTo(deliveries.AsSpan(1));
                join.Bound = node.Input.Bind(node.Name, InEdgeOrder(deliveries));
            }

            return (Payload.Of(join.Bound), null);
        }
        catch (PayloadException unfit)
        {
            return (Payload.Null, Failure.From(unfit, node.Name));
        }
    }

    /// <summary>A visit begins, or its next attempt does.</summary>
    public NodeVisit Begin(Node node, string path, int attempt, Payload input, DateTimeOffset time)
    {
        ref var slot = ref _slots[node.Index];
        if (slot.Current is { } current)
        {
            current.Attempts = attempt;
            current.AttemptStartedAt = time;
            current.Phase = VisitPhase.Working;
            current.Due = null;
            current.Nested = null;
            return current;
        }

        Steps++;
        RemoveReady(node.Index);
        slot.First = default;
        slot.Deliveries = 0;
        if (slot.Join is { } join)
        {
            join.More.Clear();
            join.Bound = null;
        }

        slot.Current = new NodeVisit(node, path, ++slot.Visits, input, time) { Frame = this, Attempts = attempt };
        Working++;
        return slot.Current;
    }

    /// <summary>A visit ends; the values travel on.</summary>
    public void End(NodeVisit visit, ReadOnlySpan<Edge> taken, Payload value, bool failed = false)
    {
        var node = visit.Definition;
        ref var slot = ref _slots[node.Index];
        slot.Current = null;
        Working--;
        visit.Phase = VisitPhase.Ended;

        // Deliver before the node stops being active: what it feeds must not look unreachable in between.
        foreach (var edge in taken) Deliver(edge, value, failed);
        foreach (var edge in taken) ConsiderIfIdle(edge);
        if (slot.Deliveries == 0) Deactivate(node.Index);
        else Consider(node.Index);
    }

    /// <summary>The first cause decides how the workflow ends; what fails afterwards is kept beside it.</summary>
    public void Fail(Failure failure)
    {
        if (HasCauseToEnd) SiblingFailures.Add(failure);
        else Failure = failure;
    }

    public void Cancel(string reason)
    {
        if (!HasCauseToEnd) CancelReason = reason;
    }

    public void EnterBy(ReadOnlySpan<Edge> chosen)
    {
        ChoosingEntry = false;
        foreach (var edge in chosen) Deliver(edge, Input);

        // Only now, when all of them are active, can be told which of them must wait for another.
        foreach (var edge in chosen) ConsiderIfIdle(edge);
    }

    /// <summary>
    /// Whether nothing can happen here any more. Joins that wait for one another in a cycle are let go first, one at a time in order of
    /// declaration; those that wait for the whole cycle go on waiting.
    /// </summary>
    public bool IsQuiescent()
    {
        if (ChoosingEntry || Working > 0 || HasReady) return false;
        if (_active.Count == 0) return true;
        MakeReady(_active.Where(WaitsOnlyInItsCycle).Min());
        return false;
    }

    private bool WaitsOnlyInItsCycle(int index) => _active.TrueForAll(other =>
        other == index || !Graph.Nodes[index].IsReachedFrom(other) || Graph.Nodes[other].IsReachedFrom(index));

    /// <summary>What the workflow gives: what reached its end, in the order in which the edges were declared.</summary>
    /// <exception cref="PayloadException">It is not of the type that the workflow gives.</exception>
    public object? CollectOutput() => Graph.Output.Bind("END", InEdgeOrder([.. _ended]));

    public void Close(RunStatus status, Payload output)
    {
        Status = status;
        Output = output;
    }

    private void Deliver(Edge edge, Payload value, bool failed = false)
    {
        var delivery = new Delivery(edge, edge.CarriesRunInput ? Input : value, failed && !edge.CarriesRunInput);
        if (edge.Target == Edge.Outside)
        {
            _ended.Add(delivery);
            return;
        }

        ref var slot = ref _slots[edge.Target];
        if (slot.Deliveries++ == 0) slot.First = delivery;
        else (slot.Join ??= new JoinSlot()).More.Add(delivery);
        if (slot.ActivePosition == 0)
        {
            _active.Add(edge.Target);
            slot.ActivePosition = _active.Count;
        }
    }

    private void ConsiderIfIdle(Edge edge)
    {
        if (edge.Target == Edge.Outside) return;
        ref var slot = ref _slots[edge.Target];
        if (slot is { Current: null, Ready: false, Deliveries: 1 }) Consider(edge.Target);
    }

    /// <summary>Puts a node with deliveries into the ready queue, or has it watch an active node that can still reach it.</summary>
    private void Consider(int index)
    {
        var node = Graph.Nodes[index];
        if (node.Ancestors is not null)
        {
            foreach (var other in _active)
            {
                if (other == index || !node.IsReachedFrom(other)) continue;
                (_slots[other].Join ??= new JoinSlot()).Watchers.Add(index);
                return;
            }
        }

        MakeReady(index);
    }

    private void MakeReady(int index)
    {
        ref var slot = ref _slots[index];
        if (slot.Ready) return;
        slot.Ready = true;
        _ready.Enqueue(index);
    }

    private void RemoveReady(int index)
    {
        _slots[index].Ready = false;
        if (_ready.TryPeek(out var head) && head == index)
        {
            _ready.Dequeue();
            return;
        }

        for (var i = _ready.Count; i > 0; i--)
        {
            var next = _ready.Dequeue();
            if (next != index) _ready.Enqueue(next);
        }
    }

    private void Deactivate(int index)
    {
        ref var slot = ref _slots[index];
        var last = _active[^1];
        _active[slot.ActivePosition - 1] = last;
        _slots[last].ActivePosition = slot.ActivePosition;
        _active.RemoveAt(_active.Count - 1);
        slot.ActivePosition = 0;

        if (slot.Join is not { Watchers: { Count: > 0 } watchers } join) return;
        join.Watchers = [];
        foreach (var watcher in watchers)
        {
            if (_slots[watcher] is { Current: null, Ready: false, Deliveries: > 0 }) Consider(watcher);
        }
    }

    private object? ValueOf(Delivery delivery)
    {
        if (delivery.Failed) return delivery.Value.As(typeof(Failure));
        if (delivery.Edge.Element >= 0) return ((IList)InputValue!)[delivery.Edge.Element];
        return delivery.Value.As(Graph.TypeOn(delivery.Edge));
    }

    private object?[] InEdgeOrder(Delivery[] deliveries) =>
        [.. deliveries.OrderBy(delivery => delivery.Edge.Index).Select(ValueOf)];
}
