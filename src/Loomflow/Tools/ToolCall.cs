using System.Collections.Immutable;

namespace Loomflow;

/// <summary>A tool call that a model asked for, as hooks and permissions see it.</summary>
public sealed record ToolCall
{
    /// <summary>The model's id for the call.</summary>
    public required string CallId { get; init; }

    /// <summary>The tool's name.</summary>
    public required string Tool { get; init; }

    /// <summary>The arguments by name.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ImmutableDictionary<string, object?>.Empty;

    /// <summary>What the call does to the world; stamped once, before anything looks at it.</summary>
    public ToolEffect Effect { get; init; }

    /// <summary>The turn, from 0.</summary>
    public int Turn { get; init; }

    /// <summary>Names the call, the same on every attempt and in every process.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>The user for whom it is made.</summary>
    public PartitionKey Partition { get; init; }
}
