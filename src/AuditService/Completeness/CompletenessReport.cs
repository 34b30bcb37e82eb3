namespace Loomflow.Aspire.AuditService.Completeness;

/// <summary>What a log should hold and does not. Its signatures say nothing about what was never written.</summary>
internal sealed record CompletenessReport
{
    /// <summary>How many records the log had.</summary>
    public required long Size { get; init; }

    /// <summary>How many runs began.</summary>
    public required long Runs { get; init; }

    /// <summary>Runs without an end, oldest first: under way, or lost.</summary>
    public required IReadOnlyList<UnfinishedRun> Unfinished { get; init; }

    /// <summary>How many runs have no end; the list has the first of them.</summary>
    public required long UnfinishedCount { get; init; }

    /// <summary>What no order of events explains, in the order of the log.</summary>
    public required IReadOnlyList<Violation> Violations { get; init; }

    /// <summary>How many violations there are; the list has the first of them.</summary>
    public required long ViolationCount { get; init; }

    public bool IsComplete => ViolationCount == 0;

    internal sealed record UnfinishedRun(string RunId, long Sequence, DateTimeOffset Since, int OpenApprovals);

    internal sealed record Violation(string RunId, long Sequence, string Detail);
}
