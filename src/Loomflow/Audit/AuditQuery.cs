namespace Loomflow.Audit;

/// <summary>Which entries to read; every filter that is set must hold.</summary>
public sealed record AuditQuery
{
    /// <summary>Of this user, or of anonymous runs.</summary>
    public PartitionKey? Partition { get; init; }

    /// <summary>Of this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Of this run, without the runs that it started.</summary>
    public string? RunId { get; init; }

    /// <summary>Of this run and all that it started, however deep.</summary>
    public string? RootRunId { get; init; }

    /// <summary>With this action.</summary>
    public string? Action { get; init; }

    /// <summary>By this actor.</summary>
    public string? Actor { get; init; }

    /// <summary>Recorded at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Recorded before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>With this sequence number or greater: the last page's greatest plus one gives the next page.</summary>
    public long FromSequence { get; init; }

    /// <summary>The most entries to return.</summary>
    public int Limit { get; init; } = 1_000;

    /// <summary>Whether a record meets every filter but the limit.</summary>
    public bool Matches(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var entry = record.Entry;
        return record.Sequence >= FromSequence
            && (Partition is not { } partition || entry.Partition == partition)
            && (SessionId is null || entry.SessionId == SessionId)
            && (RunId is null || entry.RunId == RunId)
            && (RootRunId is null || entry.RootRunId == RootRunId)
            && (Action is null || entry.Action == Action)
            && (Actor is null || entry.Actor == Actor)
            && (From is not { } from || record.RecordedAt >= from)
            && (Until is not { } until || record.RecordedAt < until);
    }
}
