namespace Loomflow;

/// <summary>A run, or a nested workflow or agent, ended without an output. A safety cap is a failure of kind <see cref="FailureKind.Capped"/>.</summary>
public sealed record RunFailed : RunEvent
{
    /// <summary>Workflow or agent.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The workflow's or agent's name.</summary>
    public required string Name { get; init; }

    /// <summary>What was wrong.</summary>
    public required Failure Failure { get; init; }

    /// <summary>What it consumed until then.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
