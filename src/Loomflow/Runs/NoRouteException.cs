namespace Loomflow;

/// <summary>A router produced a label that no route carries, and there is no fallback.</summary>
public sealed class NoRouteException : Exception
{
    /// <summary>Creates the exception.</summary>
    public NoRouteException(string node, string label, IEnumerable<string> known)
        : base($"The router on '{node}' produced '{label}', which is not one of {string.Join(", ", known.Select(name => $"'{name}'"))}, and there is no fallback: add the route or pass fallback:.")
    {
        Node = node;
        Label = label;
    }

    /// <summary>The node whose router it was.</summary>
    public string Node { get; }

    /// <summary>The label that leads nowhere.</summary>
    public string Label { get; }
}
