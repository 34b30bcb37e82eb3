using System.Collections.Frozen;

namespace Loomflow;

/// <summary>A graph being put together. <see cref="Compile"/> checks the whole of it and freezes it.</summary>
internal sealed class GraphDraft(string name, Type inputType, WorkflowOptions options)
{
    private readonly List<(string Name, Step Step)> _nodes = [];
    private readonly List<Edge> _edges = [];
    private readonly Dictionary<int, (Func<object?, CancellationToken, ValueTask<string>> Classify, string Text)> _routers = [];

    /// <summary>Problems that the builder has found before the graph was complete.</summary>
    public List<string> Problems { get; } = [];

    public Func<object?[], object?>? Collect { get; init; }

    public int NodeCount => _nodes.Count;

    public IReadOnlyList<Edge> Edges => _edges;

    public int AddNode(string nodeName, Step step)
    {
        _nodes.Add((nodeName, step));
        return _nodes.Count - 1;
    }

    public void AddEdge(
        int source,
        int target,
        string? label = null,
        bool isFallback = false,
        bool isFailure = false,
        bool carriesRunInput = false,
        int element = -1,
        Func<object?, bool>? condition = null,
        string? conditionText = null) => _edges.Add(new Edge
        {
            Index = _edges.Count,
            Source = source,
            Target = target,
            Label = label,
            IsFallback = isFallback,
            IsFailure = isFailure,
            CarriesRunInput = carriesRunInput,
            Element = element,
            Condition = condition,
            ConditionText = conditionText,
        });

    public void AddRouter(int source, Func<object?, CancellationToken, ValueTask<string>> classify, string text) =>
        _routers[source] = (classify, text);

    public string NameOf(int node) => node == Edge.Outside ? "START" : _nodes[node].Name;

    public Graph Compile(bool mayBeEmpty = false)
    {
        if (_nodes.Count == 0 && !mayBeEmpty) Problems.Add("no nodes: add at least one with AddNode.");
        var outgoing = _edges.ToLookup(edge => edge.Source);
        var incoming = _edges.ToLookup(edge => edge.Target);
        CheckRouters(outgoing);
        CheckReachability(outgoing);

        var bindings = new InputBinding[_nodes.Count];
        for (var i = 0; i < _nodes.Count; i++)
        {
            var sources = incoming[i].Where(edge => !edge.IsFailure).Select(edge => (NameOf(edge.Source), TypeOn(edge))).ToArray();
            bindings[i] = InputBinding.For(_nodes[i].Step, sources, Problems);
        }

        if (Problems.Count > 0) throw new WorkflowDefinitionException(name, Problems);
        return Freeze(outgoing, incoming, bindings);
    }

    private Graph Freeze(ILookup<int, Edge> outgoing, ILookup<int, Edge> incoming, InputBinding[] bindings)
    {
        var nodes = new Node[_nodes.Count];
        for (var i = 0; i < nodes.Length; i++)
        {
            var leaving = outgoing[i].Where(edge => !edge.IsFailure).ToArray();
            nodes[i] = new Node
            {
                Index = i,
                Name = _nodes[i].Name,
                Segment = PathSegment.Escape(_nodes[i].Name),
                Step = _nodes[i].Step,
                Out = leaving,
                In = [.. incoming[i]],
                Router = RouterOf(i, leaving),
                FailureEdge = outgoing[i].FirstOrDefault(edge => edge.IsFailure),
                Chooses = _routers.ContainsKey(i) || leaving.Any(edge => edge.Condition is not null),
                Input = bindings[i],
            };
        }

        Reachability.Compute(nodes);
        var entry = outgoing[Edge.Outside].ToArray();
        return new Graph
        {
            Name = name,
            Nodes = nodes,
            Edges = [.. _edges],
            Entry = entry,
            EntryRouter = RouterOf(Edge.Outside, entry),
            BySegment = nodes.ToFrozenDictionary(node => node.Segment, StringComparer.Ordinal),
            Options = options,
            InputType = inputType,
            Collect = Collect,
            Hash = DefinitionHash.Of(name, options, nodes, _edges, _routers.ToDictionary(router => router.Key, router => router.Value.Text)),
        };
    }

    private Router? RouterOf(int source, Edge[] leaving) => _routers.TryGetValue(source, out var router)
        ? new Router(
            router.Classify,
            leaving.Where(edge => edge.Label is not null).Select(edge => KeyValuePair.Create(edge.Label!, edge.Index)),
            leaving.FirstOrDefault(edge => edge.IsFallback)?.Index)
        : null;

    private Type TypeOn(Edge edge) => edge switch
    {
        { Element: >= 0 } => inputType.GetGenericArguments()[0],
        { CarriesRunInput: true } or { Source: Edge.Outside } => inputType,
        _ => _nodes[edge.Source].Step.OutputType,
    };

    private void CheckRouters(ILookup<int, Edge> outgoing)
    {
        foreach (var source in _routers.Keys.Where(source => !outgoing[source].Any(edge => edge.Label is not null || edge.IsFallback)))
        {
            Problems.Add($"the router on '{NameOf(source)}' has no routes: give it at least one label and target.");
        }

        foreach (var source in _routers.Keys.Where(source => outgoing[source].Any(edge => edge.Label is null && !edge.IsFallback && !edge.IsFailure)))
        {
            Problems.Add($"'{NameOf(source)}' has a router and plain edges: a node has either; put the edge's target among the routes.");
        }
    }

    private void CheckReachability(ILookup<int, Edge> outgoing)
    {
        if (_nodes.Count > 0 && !outgoing[Edge.Outside].Any())
        {
            Problems.Add("no start: call SetStart, AddEdge(START, …) or AddRouter(START, …).");
            return;
        }

        var seen = new bool[_nodes.Count];
        var open = new Stack<int>([Edge.Outside]);
        while (open.TryPop(out var source))
        {
            foreach (var edge in outgoing[source].Where(edge => edge.Target != Edge.Outside && !seen[edge.Target]))
            {
                seen[edge.Target] = true;
                open.Push(edge.Target);
            }
        }

        for (var i = 0; i < seen.Length; i++)
        {
            if (!seen[i]) Problems.Add($"node '{_nodes[i].Name}' cannot be reached from START: add an edge to it, or remove it.");
        }

        CheckCaps(outgoing, seen);
    }

    /// <summary>Without a branch or a loop every node runs, so a cap below their number can never be met.</summary>
    private void CheckCaps(ILookup<int, Edge> outgoing, bool[] reachable)
    {
        var certain = _routers.Count == 0 && _edges.All(edge => edge.Condition is null && !edge.IsFailure);
        if (certain && reachable.All(seen => seen) && _nodes.Count > options.MaxSteps)
        {
            Problems.Add($"{_nodes.Count} nodes always run, but MaxSteps is {options.MaxSteps}: raise WorkflowOptions.MaxSteps to at least {_nodes.Count}.");
        }
    }
}
