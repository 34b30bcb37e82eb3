using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>A log as it was found on disk, ready to be read and, if it is writable, to be continued.</summary>
internal sealed record RecoveredLog
{
    public required Guid LogId { get; init; }

    public required long Epoch { get; init; }

    public required ChainHead Head { get; init; }

    public required AuditKey Key { get; init; }

    /// <summary>The key of the first record, which checkpoints are derived from.</summary>
    public required AuditKey FirstKey { get; init; }

    public required IReadOnlyList<Segment> Segments { get; init; }

    public required TreeFile Tree { get; init; }

    public required long LastRecordedAt { get; init; }

    /// <summary>What recovery did, for the log.</summary>
    public required IReadOnlyList<string> Repairs { get; init; }
}
