namespace Loomflow;

/// <summary>A step was under way when its run ended, and was stopped.</summary>
public sealed record StepCancelled : RunEvent
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the step did not stop when asked and was left behind after the grace period.</summary>
    public bool Abandoned { get; init; }

    /// <summary>What the attempt consumed, nested runs included.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
