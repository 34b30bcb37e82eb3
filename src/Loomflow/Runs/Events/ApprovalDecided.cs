namespace Loomflow;

/// <summary>A person, or the deadline, answered.</summary>
public sealed record ApprovalDecided : RunEvent
{
    /// <summary>Which question.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>The answer.</summary>
    public required ApprovalDecision Decision { get; init; }
}
