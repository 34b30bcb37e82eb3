using System.Collections.Frozen;

namespace Loomflow;

/// <summary>A graph being put together. <see cref="Compile"/> checks the whole of it and freezes it.</summary>
internal sealed class GraphDraft(string name, Type inputType, Type outputType, WorkflowOptions options)
{
    private readonly List<(string Name, Step Step)> _nodes = [];
    private readonly List<Edge> _edges = [];
    private readonly Dictionary<int, (Func<object?, CancellationToken, ValueTask<string>> Classify, string Text)> _routers = [];

    /// <summary>Problems that the builder has found before the graph was complete.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Whether all that reaches the end becomes a list, however little it is.</summary>
    public bool GathersOutput { get; init; }

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

    private string NameOf(int node) => node == Edge.Outside ? "START" : _nodes[node].Name;

    public Graph Compile(bool mayBeEmpty = false)
    {
        if (_nodes.Count == 0 && !mayBeEmpty) Problems.Add("no nodes: add at least one with AddNode.");
        AddFailureEdges();
        var outgoing = _edges.ToLookup(edge => edge.Source);
        var incoming = _edges.ToLookup(edge => edge.Target);
        Problems.AddRange(new GraphChecks([.. _nodes], _edges, [.. _routers.Keys], options).Run());

        var bindings = new InputBinding[_nodes.Count];
        for (var i = 0; i < _nodes.Count; i++) bindings[i] = InputBinding.For(_nodes[i].Step, SourcesOf(incoming[i]), Problems);
        CheckJoins(incoming, bindings);
        var output = GathersOutput ? InputBinding.List(outputType) : InputBinding.For(outputType, Workflow.END, SourcesOf(incoming[Edge.Outside]), Problems);

        if (Problems.Count > 0) throw new WorkflowDefinitionException(name, [.. Problems.Distinct()]);
        return Freeze(outgoing, incoming, bindings, output);
    }

    private (string, Type)[] SourcesOf(IEnumerable<Edge> edges) => [.. edges.Select(edge => (NameOf(edge.Source), TypeOn(edge)))];

    private void AddFailureEdges()
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Step.Policy.OnFailure is not FailurePolicy.Go detour) continue;
            var target = detour.Node == Workflow.END ? Edge.Outside : _nodes.FindIndex(node => node.Name == detour.Node);
            if (target >= 0 || detour.Node == Workflow.END) AddEdge(i, target, isFailure: true);
            else Problems.Add($"node '{_nodes[i].Name}' goes to the unknown node '{detour.Node}' when it fails: add it with AddNode, or correct the name.");
        }
    }

    /// <summary>Where nothing decides which way to go, all branches arrive together.</summary>
    private void CheckJoins(ILookup<int, Edge> incoming, InputBinding[] bindings)
    {
        if (_routers.Count > 0 || _edges.Any(edge => edge.Condition is not null || edge.IsFailure)) return;
        for (var i = 0; i < bindings.Length; i++)
        {
            if (incoming[i].Count() < 2 || bindings[i].TakesSeveral) continue;
            var sources = string.Join(", ", incoming[i].Select(edge => $"'{NameOf(edge.Source)}'"));
            Problems.Add($"node '{_nodes[i].Name}' is reached by {sources} at once but takes a single {InputBinding.NameOf(_nodes[i].Step.InputType)}: let it take a list, or route so that one branch reaches it.");
        }
    }

    private Graph Freeze(ILookup<int, Edge> outgoing, ILookup<int, Edge> incoming, InputBinding[] bindings, InputBinding output)
    {
        var nodes = new Node[_nodes.Count];
        for (var i = 0; i < nodes.Length; i++)
        {
            var leaving = outgoing[i].Where(edge => !edge.IsFailure).ToArray();
            nodes[i] = new Node
            {
                Index = i,
                Name = _nodes[i].Name,
                Segment = StepPath.Segment(_nodes[i].Name),
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
            Output = output,
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
        { IsFailure: true } => edge.Target != Edge.Outside && _nodes[edge.Target].Step.InputType == typeof(Failure) ? typeof(Failure) : _nodes[edge.Source].Step.InputType,
        _ => _nodes[edge.Source].Step.OutputType,
    };
}
