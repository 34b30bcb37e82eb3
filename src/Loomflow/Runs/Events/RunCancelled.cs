namespace Loomflow;

/// <summary>A run, or a nested workflow or agent, was asked to stop and did.</summary>
public sealed record RunCancelled : RunEvent
{
    /// <summary>Workflow or agent.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The workflow's or agent's name.</summary>
    public required string Name { get; init; }

    /// <summary>Who or what asked.</summary>
    public string? Reason { get; init; }

    /// <summary>What it consumed until then.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
