namespace Loomflow;

/// <summary>A step failed for good: its retries are used up, or the failure is of a kind that is not retried.</summary>
public sealed record StepFailed : RunEvent
{
    /// <summary>What was wrong.</summary>
    public required Failure Failure { get; init; }

    /// <summary>Whether the node's failure policy deals with it, so that the run goes on.</summary>
    public bool Handled { get; init; }

    /// <summary>What the run goes on with where the failure is handled.</summary>
    public Payload Output { get; init; }

    /// <summary>Whether it is a <c>[Step]</c> inside another step rather than a node of the graph.</summary>
    public bool Inline { get; init; }

    /// <summary>What the attempt consumed, nested runs included.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
