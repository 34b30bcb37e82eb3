namespace Loomflow;

/// <summary>A run, or a nested workflow or agent, finished with an output.</summary>
public sealed record RunCompleted : RunEvent
{
    /// <summary>Workflow or agent.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The workflow's or agent's name.</summary>
    public required string Name { get; init; }

    /// <summary>The result.</summary>
    public Payload Output { get; init; }

    /// <summary>What it consumed, nested runs included.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>Why an agent stopped, for example <c>completed</c> or <c>max_turns</c>; <see langword="null"/> for a workflow.</summary>
    public string? StopReason { get; init; }

    /// <summary>How many turns an agent took; 0 for a workflow.</summary>
    public int Turns { get; init; }
}
