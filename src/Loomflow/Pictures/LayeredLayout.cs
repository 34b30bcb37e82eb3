namespace Loomflow;

/// <summary>
/// Puts boxes into layers so that arrows lead downwards. The usual four phases: cycles are broken by turning back edges round, layers are
/// the longest ways from the start, crossings are reduced by sweeps of medians, and places are chosen so that long edges are straight
/// (<see cref="Alignment"/>). Labels are points of their edges and have a place of their own, so they never overlap.
/// </summary>
internal sealed class LayeredLayout
{
    private const double Gap = 28;
    private const double LayerGap = 13;
    private readonly List<LayoutItem> _items = [];
    private readonly List<List<LayoutItem>> _layers = [];
    private readonly IReadOnlyList<LayoutEdge> _edges;

    public LayeredLayout(IReadOnlyList<LayoutBox> boxes, IReadOnlyList<LayoutEdge> edges)
    {
        _edges = edges;
        _items.AddRange(boxes.Select((box, i) => new LayoutItem(box.Width, box.Height, (box.Width / 2) + LoopSpace(i))));
        Boxes = [.. _items];
        MarkBackEdges();
        AssignLayers();
        AddPoints();
        ReduceCrossings();
        PlaceAcross();
        PlaceDown();
    }

    public IReadOnlyList<LayoutItem> Boxes { get; }

    public double Width { get; private set; }

    public double Height { get; private set; }

    private double LoopSpace(int box) =>
        _edges.Where(edge => edge.IsLoop && edge.From == box).Select(edge => 30 + edge.LabelWidth).DefaultIfEmpty(0).Max();

    /// <summary>Which edges lead back depends on where a walk turns first: the way that turns the fewest round is taken.</summary>
    private void MarkBackEdges()
    {
        var forward = _edges.Where(edge => !edge.IsLoop).ToArray();
        var back = new[] { forward, [.. forward.Reverse()] }.Select(BackEdges).MinBy(edges => edges.Count)!;
        foreach (var edge in back) edge.IsBack = true;
    }

    private List<LayoutEdge> BackEdges(IEnumerable<LayoutEdge> edges)
    {
        var leaving = edges.ToLookup(edge => edge.From);
        var back = new List<LayoutEdge>();
        var state = new int[Boxes.Count];
        for (var root = 0; root < state.Length; root++)
        {
            if (state[root] != 0) continue;
            var work = new Stack<(int Node, IEnumerator<LayoutEdge> Leaving)>();
            state[root] = 1;
            work.Push((root, leaving[root].GetEnumerator()));
            while (work.TryPeek(out var at))
            {
                if (!at.Leaving.MoveNext())
                {
                    state[at.Node] = 2;
                    work.Pop();
                    continue;
                }

                var edge = at.Leaving.Current;
                if (state[edge.To] == 1) back.Add(edge);
                else if (state[edge.To] == 0)
                {
                    state[edge.To] = 1;
                    work.Push((edge.To, leaving[edge.To].GetEnumerator()));
                }
            }
        }

        return back;
    }

    /// <summary>Boxes stand in even layers, so that every edge has a layer in between for its bend and its label.</summary>
    private void AssignLayers()
    {
        var down = _edges.Where(edge => !edge.IsLoop).ToLookup(edge => edge.Upper, edge => edge.Lower);
        var waiting = new int[Boxes.Count];
        foreach (var lower in down.SelectMany(targets => targets)) waiting[lower]++;
        var open = new Queue<int>(Enumerable.Range(0, waiting.Length).Where(i => waiting[i] == 0));
        while (open.TryDequeue(out var upper))
        {
            foreach (var lower in down[upper])
            {
                Boxes[lower].Layer = Math.Max(Boxes[lower].Layer, Boxes[upper].Layer + 2);
                if (--waiting[lower] == 0) open.Enqueue(lower);
            }
        }
    }

    private void AddPoints()
    {
        foreach (var edge in _edges.Where(edge => !edge.IsLoop))
        {
            var (upper, lower) = (Boxes[edge.Upper], Boxes[edge.Lower]);
            var labelled = edge.IsBack ? lower.Layer - 1 : upper.Layer + 1;
            var last = upper;
            for (var layer = upper.Layer + 1; layer < lower.Layer; layer++)
            {
                var isLabel = layer == labelled && edge.LabelWidth > 0;
                var point = new LayoutItem(isLabel ? edge.LabelWidth : 2, isLabel ? 16 : 4) { Layer = layer, IsPoint = true };
                _items.Add(point);
                edge.Points.Add(point);
                if (isLabel) edge.Label = point;
                Connect(last, point);
                last = point;
            }

            Connect(last, lower);
        }

        foreach (var item in Depth()) Layer(item.Layer).Add(item);

        static void Connect(LayoutItem upper, LayoutItem lower)
        {
            upper.Down.Add(lower);
            lower.Up.Add(upper);
        }
    }

    /// <summary>All items in the order of a walk from the start, which is a good first order.</summary>
    private IEnumerable<LayoutItem> Depth()
    {
        var seen = new HashSet<LayoutItem>();
        foreach (var root in _items.OrderBy(item => item.Layer))
        {
            var open = new Stack<LayoutItem>([root]);
            while (open.TryPop(out var item))
            {
                if (!seen.Add(item)) continue;
                yield return item;
                foreach (var next in Enumerable.Reverse(item.Down)) open.Push(next);
            }
        }
    }

    private List<LayoutItem> Layer(int index)
    {
        while (_layers.Count <= index) _layers.Add([]);
        return _layers[index];
    }

    private void ReduceCrossings()
    {
        Number();
        var (best, order) = (Crossings(), Snapshot());
        for (var sweep = 0; sweep < 24 && best > 0; sweep++)
        {
            var downwards = sweep % 2 == 0;
            foreach (var layer in downwards ? _layers : Enumerable.Reverse(_layers))
            {
                foreach (var item in layer) item.Key = Median(downwards ? item.Up : item.Down, other => other.Order, item.Order);
                layer.Sort((a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Order.CompareTo(b.Order));
                for (var i = 0; i < layer.Count; i++) layer[i].Order = i;
            }

            if (Crossings() is var crossings && crossings < best) (best, order) = (crossings, Snapshot());
        }

        for (var i = 0; i < _layers.Count; i++) _layers[i] = order[i];
        Number();
    }

    private void Number()
    {
        foreach (var layer in _layers)
        {
            for (var i = 0; i < layer.Count; i++) layer[i].Order = i;
        }
    }

    private List<List<LayoutItem>> Snapshot() => [.. _layers.Select(layer => layer.ToList())];

    private int Crossings()
    {
        var crossings = 0;
        foreach (var layer in _layers)
        {
            var ends = layer.SelectMany(item => item.Down.Select(lower => lower.Order).Order()).ToArray();
            for (var i = 0; i < ends.Length; i++)
            {
                for (var j = i + 1; j < ends.Length; j++)
                {
                    if (ends[j] < ends[i]) crossings++;
                }
            }
        }

        return crossings;
    }

    private void PlaceAcross()
    {
        Alignment.Place(_layers, static (one, other) => one.IsPoint || other.IsPoint ? Gap / 2 : Gap);
        var left = _items.Min(item => item.X - item.Left);
        foreach (var item in _items) item.X -= left;
        Width = _items.Max(item => item.X + item.Right);
    }

    private void PlaceDown()
    {
        var y = 0.0;
        foreach (var layer in _layers)
        {
            var height = layer.Max(item => item.Height);
            foreach (var item in layer) (item.Y, item.Top, item.Bottom) = (y + (height / 2), y, y + height);

            // Wide bends need room.
            var widest = layer.SelectMany(item => item.Down.Select(lower => Math.Abs(lower.X - item.X))).DefaultIfEmpty(0).Max();
            y += height + Math.Clamp(LayerGap + (widest * 0.07), LayerGap, 4 * LayerGap);
        }

        Height = _layers[^1][0].Bottom;
    }

    private static double Median(List<LayoutItem> others, Func<LayoutItem, double> of, double otherwise)
    {
        if (others.Count == 0) return otherwise;
        if (others.Count == 1) return of(others[0]);
        var sorted = others.Select(of).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
