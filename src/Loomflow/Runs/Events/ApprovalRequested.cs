namespace Loomflow;

/// <summary>A person is asked and the run, or a part of it, waits.</summary>
public sealed record ApprovalRequested : RunEvent
{
    /// <summary>The question.</summary>
    public required ApprovalRequest Request { get; init; }
}
