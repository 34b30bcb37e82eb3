namespace Loomflow;

/// <summary>A way from one node to another. Immutable; what travels on it is in the run's state.</summary>
internal sealed record Edge
{
    /// <summary>Source or target that is not a node: the start of the run as a source, its end as a target.</summary>
    public const int Outside = -1;

    public required int Index { get; init; }

    public required int Source { get; init; }

    public required int Target { get; init; }

    /// <summary>The label under which a router picks this edge.</summary>
    public string? Label { get; init; }

    /// <summary>Whether a router picks this edge for labels that no other edge carries.</summary>
    public bool IsFallback { get; init; }

    /// <summary>Whether this edge is taken only when its source has failed for good.</summary>
    public bool IsFailure { get; init; }

    /// <summary>Whether the target is given the run's input instead of what the source gave.</summary>
    public bool CarriesRunInput { get; init; }

    /// <summary>The element of the run's input, a list, that the target is given; -1 for the whole value.</summary>
    public int Element { get; init; } = -1;

    /// <summary>When to take this edge; <see langword="null"/> for always.</summary>
    public Func<object?, bool>? Condition { get; init; }

    /// <summary>The condition in words, for pictures and the content hash.</summary>
    public string? ConditionText { get; init; }
}
