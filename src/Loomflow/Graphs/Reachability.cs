namespace Loomflow;

/// <summary>
/// Which nodes can reach which, computed once per definition and only for the nodes that have to wait for others: those with several
/// ways in, and those at or behind a cycle. Everything else is ready as soon as something was delivered to it.
/// </summary>
internal static class Reachability
{
    public static void Compute(Node[] nodes)
    {
        var cyclic = NodesOnCycles(nodes);
        foreach (var node in nodes)
        {
            var sources = node.In.Where(edge => edge.Source != Edge.Outside).ToArray();
            if (node.In.Length > 1 || cyclic[node.Index] || sources.Any(edge => cyclic[edge.Source]))
            {
                node.Ancestors = AncestorsOf(node, nodes);
            }
        }
    }

    private static ulong[] AncestorsOf(Node node, Node[] nodes)
    {
        var bits = new ulong[(nodes.Length + 63) / 64];
        var open = new Stack<Node>([node]);
        while (open.TryPop(out var current))
        {
            foreach (var edge in current.In)
            {
                if (edge.Source == Edge.Outside) continue;
                ref var word = ref bits[edge.Source >> 6];
                var bit = 1UL << (edge.Source & 63);
                if ((word & bit) != 0) continue;
                word |= bit;
                open.Push(nodes[edge.Source]);
            }
        }

        return bits;
    }

    /// <summary>Tarjan's strongly connected components, without recursion: a node is on a cycle if its component has company or it has an edge to itself.</summary>
    private static bool[] NodesOnCycles(Node[] nodes)
    {
        var cyclic = new bool[nodes.Length];
        var order = new int[nodes.Length];
        var low = new int[nodes.Length];
        var onStack = new bool[nodes.Length];
        var component = new Stack<int>();
        var work = new Stack<(int Node, int NextEdge)>();
        var counter = 0;

        for (var root = 0; root < nodes.Length; root++)
        {
            if (order[root] != 0) continue;
            work.Push((root, 0));
            while (work.TryPop(out var frame))
            {
                var (current, next) = frame;
                if (next == 0)
                {
                    order[current] = low[current] = ++counter;
                    component.Push(current);
                    onStack[current] = true;
                }

                var descended = false;
                var successors = Successors(nodes[current]);
                for (var i = next; i < successors.Length; i++)
                {
                    var target = successors[i];
                    if (order[target] == 0)
                    {
                        work.Push((current, i + 1));
                        work.Push((target, 0));
                        descended = true;
                        break;
                    }

                    if (onStack[target]) low[current] = Math.Min(low[current], order[target]);
                }

                if (descended) continue;
                if (work.TryPeek(out var parent)) low[parent.Node] = Math.Min(low[parent.Node], low[current]);
                if (low[current] != order[current]) continue;
                PopComponent(current);
            }
        }

        return cyclic;

        void PopComponent(int head)
        {
            var size = 0;
            int member;
            do
            {
                member = component.Pop();
                onStack[member] = false;
                size++;
                if (size > 1 || member != head || Successors(nodes[member]).Contains(member)) cyclic[member] = true;
            }
            while (member != head);
        }
    }

    private static int[] Successors(Node node) =>
        [.. node.Out.Append(node.FailureEdge).OfType<Edge>().Where(edge => edge.Target != Edge.Outside).Select(edge => edge.Target)];
}
