namespace Loomflow;

/// <summary>A run began: the whole run where the path is empty, a nested workflow or agent otherwise.</summary>
public sealed record RunStarted : RunEvent
{
    /// <summary>Workflow or agent.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The workflow's or agent's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it was given.</summary>
    public Payload Input { get; init; }

    /// <summary>The content hash of the workflow definition that this run is pinned to.</summary>
    public string? Definition { get; init; }

    /// <summary>The model that an agent starts with.</summary>
    public string? Model { get; init; }

    /// <summary>Whether an agent goes on from journaled turns instead of starting afresh.</summary>
    public bool Resumed { get; init; }
}
