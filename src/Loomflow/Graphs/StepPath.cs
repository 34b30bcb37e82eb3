using System.Buffers;
using System.Globalization;

namespace Loomflow;

/// <summary>
/// Names of places in runs. A place inside another is <c>{place}/{segment}</c>; what a place has inside on a later visit is below
/// <c>{place}#{visit}</c>, and on a later attempt of a nested workflow below <c>{place}#{visit}~{attempt}</c>.
/// </summary>
internal static class StepPath
{
    private static readonly SearchValues<char> s_structural = SearchValues.Create("/#~:%");

    /// <summary>A name as a part of a path, with the characters escaped that structure paths.</summary>
    public static string Segment(string name) => name.AsSpan().IndexOfAny(s_structural) < 0
        ? name
        : string.Concat(name.Select(c => s_structural.Contains(c) ? $"%{(int)c:X2}" : c.ToString()));

    /// <summary>The name of the node that a path leads to.</summary>
    public static string NameOf(string path) => Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);

    /// <summary>Whether a path is a place or is inside it, on whichever visit and attempt.</summary>
    public static bool IsWithin(string path, string place) =>
        path.StartsWith(place, StringComparison.Ordinal) && (path.Length == place.Length || path[place.Length] is '/' or '#');

    /// <summary>Whether a path is inside a place as it is on one of its visits, on whichever attempt.</summary>
    public static bool IsInside(string path, string place, int visit)
    {
        if (path.Length == place.Length || !IsWithin(path, place)) return false;

        var rest = path.AsSpan(place.Length);
        if (rest[0] == '/') return visit == 1;
        var end = rest.IndexOfAny('/', '~');
        var number = end < 0 ? rest[1..] : rest[1..end];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var marked) && marked == visit;
    }
}
