namespace Loomflow;

/// <summary>A step cannot be carried out yet, and why: no worker hosts it, all workers are full, the audit log is away.</summary>
public sealed record StepWaiting : RunEvent
{
    /// <summary>What it waits for, in words.</summary>
    public required string Reason { get; init; }
}
