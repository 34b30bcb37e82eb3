namespace Loomflow;

/// <summary>
/// Builds a graph node by node and edge by edge: fan-out, joins, routers, cycles. <see cref="Build"/> checks the whole graph and names every
/// problem at once. A node without edges out of it ends its branch.
/// </summary>
public sealed class WorkflowBuilder
{
    private readonly string _name;
    private readonly List<(string Name, Step Step)> _nodes = [];
    private readonly List<(string Source, string Target, Func<object?, bool>? Condition, string? Text)> _edges = [];
    private readonly Dictionary<string, RouterDraft> _routers = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private WorkflowOptions _options = WorkflowOptions.Default;

    /// <summary>Begins a graph.</summary>
    public WorkflowBuilder(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _name = name;
    }

    /// <summary>Adds a node. Names are unique, and neither <c>START</c> nor <c>END</c>.</summary>
    public WorkflowBuilder AddNode(string name, Step step)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(step);
        if (name is Workflow.START or Workflow.END) _problems.Add($"'{name}' is not a node's name: it stands for the {(name == Workflow.START ? "start" : "end")} of the graph.");
        else if (_nodes.Exists(node => node.Name == name)) _problems.Add($"two nodes are called '{name}': give one of them another name.");
        else _nodes.Add((name, step));
        return this;
    }

    /// <summary>Adds a function as a node.</summary>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public WorkflowBuilder AddNode<TIn, TOut>(string name, Func<TIn, Task<TOut>> function) => AddNode(name, Step.Of(function, name));

    /// <summary>Adds a synchronous function as a node; it runs on a thread of the pool.</summary>
    public WorkflowBuilder AddNode<TIn, TOut>(string name, Func<TIn, TOut> function) => AddNode(name, Step.Of(function, name));

    /// <summary>Adds an edge; several edges from one node are a fan-out. The same edge twice is the same edge.</summary>
    /// <param name="source">A node, or <c>START</c>.</param>
    /// <param name="target">A node, or <c>END</c>.</param>
    public WorkflowBuilder AddEdge(string source, string target) => Add(source, target, null, null);

    /// <summary>Adds an edge that is taken when <paramref name="condition"/> holds for what the source gave.</summary>
    /// <param name="source">A node.</param>
    /// <param name="target">A node, or <c>END</c>.</param>
    /// <param name="condition">Must depend on the value alone; what it decides is written down.</param>
    /// <param name="text">The condition in words, for pictures and errors.</param>
    public WorkflowBuilder AddEdge<T>(string source, string target, Func<T, bool> condition, string? text = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Add(source, target, value => condition((T)value!), text ?? "if");
    }

    /// <summary>Adds a router: <paramref name="classify"/> makes a label of what the source gave, and the label picks the target.</summary>
    /// <param name="source">A node, or <c>START</c> to choose the first node by the run's input.</param>
    /// <param name="classify">Gives the label.</param>
    /// <param name="routes">Targets by label; a target is a node or <c>END</c>.</param>
    /// <param name="fallback">The target for any other label; without it another label fails the run.</param>
    public WorkflowBuilder AddRouter<T>(string source, Func<T, string> classify, IReadOnlyDictionary<string, string> routes, string? fallback = null)
    {
        ArgumentNullException.ThrowIfNull(classify);
        return AddRouter(source, (value, _) => new ValueTask<string>(classify((T)value!)), routes, fallback);
    }

    /// <inheritdoc cref="AddRouter{T}(string,Func{T,string},IReadOnlyDictionary{string,string},string)"/>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public WorkflowBuilder AddRouter<T>(string source, Func<T, CancellationToken, Task<string>> classify, IReadOnlyDictionary<string, string> routes, string? fallback = null)
    {
        ArgumentNullException.ThrowIfNull(classify);
        return AddRouter(source, (value, cancellationToken) => new ValueTask<string>(classify((T)value!, cancellationToken)), routes, fallback);
    }

    /// <inheritdoc cref="AddRouter{T}(string,Func{T,string},IReadOnlyDictionary{string,string},string)"/>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public WorkflowBuilder AddRouter<T>(string source, Func<T, Task<string>> classify, IReadOnlyDictionary<string, string> routes, string? fallback = null)
    {
        ArgumentNullException.ThrowIfNull(classify);
        return AddRouter(source, (value, _) => new ValueTask<string>(classify((T)value!)), routes, fallback);
    }

    /// <summary>Has the run begin at a node; the same as an edge from <c>START</c>.</summary>
    public WorkflowBuilder SetStart(string node) => AddEdge(Workflow.START, node);

    /// <summary>Sets caps, and what nested agents and workflows inherit.</summary>
    public WorkflowBuilder WithOptions(WorkflowOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        return this;
    }

    /// <summary>Checks and freezes the graph.</summary>
    /// <exception cref="WorkflowDefinitionException">The graph cannot work; names every problem.</exception>
    public Workflow<object?, object?> Build() => Build<object?, object?>();

    /// <summary>Checks and freezes the graph, with the types that a run takes and gives.</summary>
    /// <exception cref="WorkflowDefinitionException">The graph cannot work; names every problem.</exception>
    public Workflow<TIn, TOut> Build<TIn, TOut>()
    {
        var draft = new GraphDraft(_name, typeof(TIn), typeof(TOut), _options);
        draft.Problems.AddRange(_problems);
        foreach (var (name, step) in _nodes) draft.AddNode(name, step);
        AddEdgesTo(draft);
        return new Workflow<TIn, TOut>(_name, draft.Compile());
    }

    private WorkflowBuilder AddRouter(string source, Func<object?, CancellationToken, ValueTask<string>> classify, IReadOnlyDictionary<string, string> routes, string? fallback)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentNullException.ThrowIfNull(routes);
        if (!_routers.TryAdd(source, new RouterDraft(classify, routes, fallback))) _problems.Add($"'{source}' has two routers: put their routes together.");
        return this;
    }

    private WorkflowBuilder Add(string source, string target, Func<object?, bool>? condition, string? text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        if (condition is not null || !_edges.Exists(edge => edge.Source == source && edge.Target == target && edge.Condition is null))
        {
            _edges.Add((source, target, condition, text));
        }

        return this;
    }

    private void AddEdgesTo(GraphDraft draft)
    {
        foreach (var (source, target, condition, text) in _edges)
        {
            if (source == Workflow.START && condition is not null) draft.Problems.Add("an edge from START cannot have a condition: use AddRouter(START, …).");
            else if (Find(source, draft, isSource: true) is { } from && Find(target, draft, isSource: false) is { } to) draft.AddEdge(from, to, condition: condition, conditionText: text);
        }

        foreach (var (source, router) in _routers)
        {
            if (Find(source, draft, isSource: true) is not { } from) continue;
            foreach (var (label, target) in router.Routes)
            {
                if (Find(target, draft, isSource: false, label) is { } to) draft.AddEdge(from, to, label);
            }

            if (router.Fallback is not null && Find(router.Fallback, draft, isSource: false, "fallback") is { } other) draft.AddEdge(from, other, isFallback: true);
            draft.AddRouter(from, router.Classify, source);
        }

        // A node that nothing leaves ends its branch.
        var leaving = draft.Edges.Select(edge => edge.Source).ToHashSet();
        for (var i = 0; i < _nodes.Count; i++)
        {
            if (!leaving.Contains(i) && !_routers.ContainsKey(_nodes[i].Name)) draft.AddEdge(i, Edge.Outside);
        }
    }

    private int? Find(string name, GraphDraft draft, bool isSource, string? label = null)
    {
        if (name == (isSource ? Workflow.START : Workflow.END)) return Edge.Outside;
        var index = IndexOf(name);
        if (index >= 0) return index;
        draft.Problems.Add(name is Workflow.START or Workflow.END
            ? $"an edge cannot {(isSource ? "leave END" : "lead to START")}."
            : $"unknown node '{name}'{(label is null ? "" : $" as the target of route '{label}'")}: add it with AddNode, or correct the name.");
        return null;
    }

    private int IndexOf(string name) => _nodes.FindIndex(node => node.Name == name);

    private sealed record RouterDraft(Func<object?, CancellationToken, ValueTask<string>> Classify, IReadOnlyDictionary<string, string> Routes, string? Fallback);
}
