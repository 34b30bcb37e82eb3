using System.Collections.Frozen;

namespace Loomflow;

/// <summary>Picks one of the edges that leave a node by the label that a classifier gives.</summary>
internal sealed class Router(
    Func<object?, CancellationToken, ValueTask<string>> classify,
    IEnumerable<KeyValuePair<string, int>> edges,
    int? fallback)
{
    private readonly FrozenDictionary<string, int> _edges = edges.ToFrozenDictionary(StringComparer.Ordinal);

    public Func<object?, CancellationToken, ValueTask<string>> Classify { get; } = classify;

    /// <summary>The edge for a label; white space around the label does not matter.</summary>
    /// <exception cref="NoRouteException">No edge carries the label and there is no fallback.</exception>
    public int Pick(string node, string? label) =>
        label is not null && (_edges.TryGetValue(label, out var edge) || _edges.TryGetValue(label.Trim(), out edge)) ? edge
            : fallback ?? throw new NoRouteException(node, label ?? "(nothing)", _edges.Keys.Order(StringComparer.Ordinal));
}
