namespace Loomflow;

/// <summary>An attempt failed and another one follows.</summary>
public sealed record StepRetrying : RunEvent
{
    /// <summary>What was wrong with this attempt.</summary>
    public required Failure Failure { get; init; }

    /// <summary>When the next attempt begins.</summary>
    public DateTimeOffset Due { get; init; }

    /// <summary>What the attempt consumed, nested runs included.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
