namespace Loomflow;

/// <summary>A place in a graph. Immutable; visits to it are in the run's state.</summary>
internal sealed class Node
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>The name as a path segment.</summary>
    public required string Segment { get; init; }

    public required Step Step { get; init; }

    /// <summary>Edges that leave the node, without the failure edge, in order of declaration.</summary>
    public required Edge[] Out { get; init; }

    /// <summary>Edges that lead here, in order of declaration.</summary>
    public required Edge[] In { get; init; }

    public Router? Router { get; init; }

    /// <summary>The edge that is taken when the step has failed for good.</summary>
    public Edge? FailureEdge { get; init; }

    /// <summary>Whether somebody has to decide which edges to take once the step is done.</summary>
    public required bool Chooses { get; init; }

    /// <summary>
    /// The nodes that can reach this one, one bit each. <see langword="null"/> where none of them can still be active once something was
    /// delivered: a node with one way in, outside every cycle. Such a node is ready at once.
    /// </summary>
    public ulong[]? Ancestors { get; set; }

    /// <summary>How deliveries become the step's input.</summary>
    public required InputBinding Input { get; init; }

    public bool IsReachedFrom(int node) => (Ancestors![node >> 6] & (1UL << (node & 63))) != 0;
}
