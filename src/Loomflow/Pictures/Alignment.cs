namespace Loomflow;

/// <summary>
/// Chooses the places of items within their layers, with their order kept (U. Brandes and B. Köpf, "Fast and Simple Horizontal Coordinate
/// Assignment", 2001): items are lined up with the middle one of their neighbours, once from each corner of the drawing, and the middle of
/// the four results is taken. The points of long edges win every conflict, so long edges are straight from their first point to their last.
/// </summary>
internal sealed class Alignment
{
    private readonly List<List<LayoutItem>> _layers;
    private readonly Func<LayoutItem, LayoutItem, double> _gap;
    private readonly HashSet<(LayoutItem Upper, LayoutItem Lower)> _yielding = [];

    private Alignment(List<List<LayoutItem>> layers, Func<LayoutItem, LayoutItem, double> gap)
    {
        (_layers, _gap) = (layers, gap);
        foreach (var (upper, lower) in layers.Zip(layers.Skip(1))) FindYielding(upper, lower);
    }

    /// <summary>Sets the X of all items.</summary>
    /// <param name="layers">The items from top to bottom and from left to right, numbered in that order.</param>
    /// <param name="gap">The space to leave between two items beside each other.</param>
    public static void Place(List<List<LayoutItem>> layers, Func<LayoutItem, LayoutItem, double> gap)
    {
        var alignment = new Alignment(layers, gap);
        (bool FromLeft, Dictionary<LayoutItem, double> Places)[] corners =
        [
            (true, alignment.From(top: true, left: true)), (false, alignment.From(top: true, left: false)),
            (true, alignment.From(top: false, left: true)), (false, alignment.From(top: false, left: false)),
        ];
        var narrowest = corners.Select(corner => Extent(corner.Places)).MinBy(extent => extent.To - extent.From);
        foreach (var (fromLeft, places) in corners)
        {
            var extent = Extent(places);
            var shift = fromLeft ? narrowest.From - extent.From : narrowest.To - extent.To;
            foreach (var item in places.Keys) places[item] += shift;
        }

        foreach (var item in layers.SelectMany(layer => layer))
        {
            var four = corners.Select(corner => corner.Places[item]).Order().ToArray();
            item.X = (four[1] + four[2]) / 2;
        }
    }

    private static (double From, double To) Extent(Dictionary<LayoutItem, double> places) =>
        (places.Min(place => place.Value - place.Key.Left), places.Max(place => place.Value + place.Key.Right));

    /// <summary>Where a short edge crosses a long one, it is the short one that bends.</summary>
    private void FindYielding(List<LayoutItem> upper, List<LayoutItem> lower)
    {
        var (from, scanned) = (0, 0);
        for (var i = 0; i < lower.Count; i++)
        {
            var straight = Straight(lower[i]);
            if (straight is null && i < lower.Count - 1) continue;
            var to = straight?.Order ?? upper.Count - 1;
            for (; scanned <= i; scanned++)
            {
                foreach (var other in lower[scanned].Up)
                {
                    if ((other.Order < from || other.Order > to) && !(other.IsPoint && lower[scanned].IsPoint)) _yielding.Add((other, lower[scanned]));
                }
            }

            from = to;
        }

        static LayoutItem? Straight(LayoutItem item) => item.IsPoint && item.Up[0].IsPoint ? item.Up[0] : null;
    }

    private Dictionary<LayoutItem, double> From(bool top, bool left)
    {
        var layers = (top ? _layers : Enumerable.Reverse(_layers)).Select(layer => left ? layer : [.. Enumerable.Reverse(layer)]).ToList();
        return Compact(layers, LineUp(layers, top, left), left);
    }

    /// <summary>Lines up every item with the middle of its neighbours in the layer before where it can; gives the first item of each line.</summary>
    private Dictionary<LayoutItem, LayoutItem> LineUp(List<List<LayoutItem>> layers, bool top, bool left)
    {
        var first = layers.SelectMany(layer => layer).ToDictionary(item => item);
        var taken = new HashSet<LayoutItem>();
        foreach (var layer in layers)
        {
            var last = -1;
            foreach (var item in layer)
            {
                var neighbours = (top ? item.Up : item.Down).OrderBy(Place).ToArray();
                for (var i = (neighbours.Length - 1) / 2; i <= neighbours.Length / 2 && i < neighbours.Length; i++)
                {
                    var other = neighbours[i];
                    if (Place(other) <= last || taken.Contains(other) || _yielding.Contains(top ? (other, item) : (item, other))) continue;
                    first[item] = first[other];
                    taken.Add(other);
                    last = Place(other);
                    break;
                }
            }
        }

        return first;

        int Place(LayoutItem item) => left ? item.Order : _layers[item.Layer].Count - 1 - item.Order;
    }

    /// <summary>Moves the lines together as far as the gaps allow, and then those that have room towards what comes after them.</summary>
    private Dictionary<LayoutItem, double> Compact(List<List<LayoutItem>> layers, Dictionary<LayoutItem, LayoutItem> first, bool left)
    {
        var after = first.Values.Distinct().ToDictionary(line => line, _ => new Dictionary<LayoutItem, double>());
        var waiting = after.Keys.ToDictionary(line => line, _ => 0);
        foreach (var layer in layers)
        {
            foreach (var (one, other) in layer.Zip(layer.Skip(1)))
            {
                var distance = left ? one.Right + _gap(one, other) + other.Left : one.Left + _gap(one, other) + other.Right;
                var followers = after[first[one]];
                if (!followers.TryGetValue(first[other], out var known)) waiting[first[other]]++;
                followers[first[other]] = Math.Max(known, distance);
            }
        }

        var places = after.Keys.ToDictionary(line => line, _ => 0.0);
        var sorted = new List<LayoutItem>();
        var open = new Queue<LayoutItem>(after.Keys.Where(line => waiting[line] == 0));
        while (open.TryDequeue(out var line))
        {
            sorted.Add(line);
            foreach (var (follower, distance) in after[line])
            {
                places[follower] = Math.Max(places[follower], places[line] + distance);
                if (--waiting[follower] == 0) open.Enqueue(follower);
            }
        }

        foreach (var line in Enumerable.Reverse(sorted).Where(line => after[line].Count > 0))
        {
            places[line] = Math.Max(places[line], after[line].Min(follower => places[follower.Key] - follower.Value));
        }

        return first.ToDictionary(item => item.Key, item => left ? places[item.Value] : -places[item.Value]);
    }
}
