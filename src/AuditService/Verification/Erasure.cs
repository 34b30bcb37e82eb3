using System.Globalization;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>
/// Which payloads an entry of action <see cref="AuditAction.PayloadErased"/> says were erased. What was selected stands in the
/// entry's own fields and not in its payload, which could be erased itself.
/// </summary>
internal sealed record Erasure(long Sequence, PartitionKey? Partition, string? RunId, long? Before)
{
    public const string User = "user";
    public const string Run = "run";
    public const string BeforePrefix = "before ";

    /// <summary>What <see cref="AuditEntry.Node"/> says of the selection.</summary>
    public string Selection => Partition is not null ? User : RunId is not null ? Run : BeforePrefix + Before?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the selection of a record; null if it is not a recorded erasure.</summary>
    public static Erasure? Read(RecordView view)
    {
        if (!EntryCodec.TryDecode(view.Entry, out var entry) || entry.Action != AuditAction.PayloadErased || entry.Actor != AuditActor.System) return null;
        return entry.Node switch
        {
            User => new Erasure(view.Sequence, entry.Partition, null, null),
            Run when entry.RunId is { } run => new Erasure(view.Sequence, null, run, null),
            { } node when node.StartsWith(BeforePrefix, StringComparison.Ordinal) && long.TryParse(node[BeforePrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var before) =>
                new Erasure(view.Sequence, null, null, before),
            _ => null,
        };
    }

    public bool Covers(RecordView view)
    {
        if (view.Sequence >= Sequence) return false;
        if (Before is { } before) return view.Sequence < before;
        return EntryCodec.TryDecode(view.Entry, out var entry) && (Partition is { } partition ? entry.Partition == partition : entry.RunId == RunId);
    }
}
