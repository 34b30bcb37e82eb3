namespace Loomflow.Audit;

/// <summary>What can be said of one record by itself; how it fits its neighbours is <see cref="ChainVerifier"/>'s to say.</summary>
public readonly record struct RecordCheck
{
    /// <summary>The verdict on the bytes.</summary>
    public RecordFinding Finding { get; init; }

    /// <summary>What the record says it is.</summary>
    public AuditRecordKind Kind { get; init; }

    /// <summary>The log that it says it is of.</summary>
    public Guid LogId { get; init; }

    /// <summary>Its sequence number.</summary>
    public long Sequence { get; init; }

    /// <summary>The hash that it chains to.</summary>
    public Digest PreviousHash { get; init; }

    /// <summary>Its own hash.</summary>
    public Digest LeafHash { get; init; }

    /// <summary>When it was recorded, in ticks since the Unix epoch.</summary>
    public long RecordedAtTicks { get; init; }

    /// <summary>The key that it names, if the verifier has it.</summary>
    public AuditKey? Key { get; init; }

    /// <summary>In a rotation, the key that signs from the next record on, if the verifier has it.</summary>
    public AuditKey? NextKey { get; init; }

    /// <summary>Whether the record is what its key signed, as far as the verifier can tell.</summary>
    public bool IsGenuine => Finding is RecordFinding.Genuine or RecordFinding.Unchecked;
}
