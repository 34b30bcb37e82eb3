namespace Loomflow;

/// <summary>Node names as parts of paths: the characters that structure a path are escaped.</summary>
internal static class PathSegment
{
    private static readonly System.Buffers.SearchValues<char> s_structural = System.Buffers.SearchValues.Create("/#~:%");

    public static string Escape(string name) => name.AsSpan().IndexOfAny(s_structural) < 0
        ? name
        : string.Concat(name.Select(c => s_structural.Contains(c) ? $"%{(int)c:X2}" : c.ToString()));

    /// <summary>The name of the node that a path leads to.</summary>
    public static string LastOf(string path) => Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
}
