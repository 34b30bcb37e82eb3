namespace Loomflow;

/// <summary>Something else worth seeing in an agent: a retry, a fallback to another model, compaction, steering, a sub-agent.</summary>
public sealed record AgentProgressed : RunEvent
{
    /// <summary>What, as a lower-case name with underscores, for example <c>context_compacted</c>.</summary>
    public required string Activity { get; init; }

    /// <summary>Details.</summary>
    public Payload Detail { get; init; }
}
