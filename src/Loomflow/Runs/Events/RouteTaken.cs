namespace Loomflow;

/// <summary>A router or conditional edges chose where to go from a node. The path is empty for the entry router.</summary>
public sealed record RouteTaken : RunEvent
{
    /// <summary>The label that the router produced; <see langword="null"/> for conditional edges.</summary>
    public string? Label { get; init; }

    /// <summary>The chosen edges, by their index in the definition.</summary>
    public IReadOnlyList<int> Edges { get; init; } = [];

    /// <summary>The names of the nodes that they lead to.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Why nothing could be chosen: the classifier threw, or its label leads nowhere. Fails the workflow.</summary>
    public Failure? Failure { get; init; }
}
