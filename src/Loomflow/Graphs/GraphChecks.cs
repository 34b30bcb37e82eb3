namespace Loomflow;

/// <summary>What is wrong with the shape of a graph, in words that name the node and the way out.</summary>
internal sealed class GraphChecks((string Name, Step Step)[] nodes, IReadOnlyList<Edge> edges, IReadOnlyCollection<int> routers, WorkflowOptions options)
{
    private readonly ILookup<int, Edge> _outgoing = edges.ToLookup(edge => edge.Source);
    private readonly ILookup<int, Edge> _incoming = edges.ToLookup(edge => edge.Target);

    public IEnumerable<string> Run() => [.. Routers(), .. Reachability()];

    private IEnumerable<string> Routers()
    {
        foreach (var source in routers)
        {
            var leaving = _outgoing[source].Where(edge => !edge.IsFailure).ToArray();
            if (!leaving.Any(edge => edge.Label is not null || edge.IsFallback))
            {
                yield return $"the router on '{NameOf(source)}' has no routes: give it at least one label and target.";
            }

            if (leaving.Any(edge => edge.Label is null && !edge.IsFallback))
            {
                yield return $"'{NameOf(source)}' has a router and plain edges: a node has either; put the edge's target among the routes.";
            }
        }
    }

    private IEnumerable<string> Reachability()
    {
        if (nodes.Length == 0) yield break;
        if (!_outgoing[Edge.Outside].Any())
        {
            yield return "no start: call SetStart, AddEdge(START, …) or AddRouter(START, …).";
            yield break;
        }

        var fromStart = Flood(source => _outgoing[source].Select(edge => edge.Target));
        var toEnd = Flood(target => _incoming[target].Select(edge => edge.Source));
        for (var i = 0; i < nodes.Length; i++)
        {
            if (!fromStart[i]) yield return $"node '{nodes[i].Name}' cannot be reached from START: add an edge to it, or remove it.";
            else if (!toEnd[i]) yield return $"END cannot be reached from node '{nodes[i].Name}': its loop has no way out; route one branch to END or to a node behind the loop.";
        }

        foreach (var problem in EndlessLoops()) yield return problem;

        // Without a branch or a loop every node runs, so a cap below their number can never be met.
        var certain = routers.Count == 0 && edges.All(edge => edge.Condition is null && !edge.IsFailure);
        if (certain && Array.TrueForAll(fromStart, seen => seen) && nodes.Length > options.MaxSteps)
        {
            yield return $"{nodes.Length} nodes always run, but MaxSteps is {options.MaxSteps}: raise WorkflowOptions.MaxSteps to at least {nodes.Length}.";
        }
    }

    /// <summary>Loops in which every edge is always taken.</summary>
    private IEnumerable<string> EndlessLoops()
    {
        var always = edges.Where(edge => edge is { Label: null, IsFallback: false, IsFailure: false, Condition: null, Source: >= 0, Target: >= 0 }).ToArray();
        var waiting = new int[nodes.Length];
        foreach (var edge in always) waiting[edge.Target]++;
        var open = new Queue<int>(Enumerable.Range(0, nodes.Length).Where(i => waiting[i] == 0));
        var successors = always.ToLookup(edge => edge.Source, edge => edge.Target);
        var sorted = 0;
        for (; open.TryDequeue(out var node); sorted++)
        {
            foreach (var target in successors[node])
            {
                if (--waiting[target] == 0) open.Enqueue(target);
            }
        }

        if (sorted == nodes.Length) yield break;
        var left = Enumerable.Range(0, nodes.Length).Where(i => waiting[i] > 0).Select(i => $"'{nodes[i].Name}'");
        yield return $"a loop among {string.Join(", ", left)} never ends, because each of its edges is always taken: put a router or a condition into it.";
    }

    private bool[] Flood(Func<int, IEnumerable<int>> next)
    {
        var seen = new bool[nodes.Length];
        var open = new Stack<int>([Edge.Outside]);
        while (open.TryPop(out var at))
        {
            foreach (var other in next(at))
            {
                if (other == Edge.Outside || seen[other]) continue;
                seen[other] = true;
                open.Push(other);
            }
        }

        return seen;
    }

    private string NameOf(int node) => node == Edge.Outside ? Workflow.START : nodes[node].Name;
}
