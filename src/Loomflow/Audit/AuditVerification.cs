namespace Loomflow.Audit;

/// <summary>What a verification found.</summary>
public sealed record AuditVerification
{
    /// <summary>How many records, from the first on, are intact.</summary>
    public required long Entries { get; init; }

    /// <summary>The Merkle root over them.</summary>
    public required Digest Root { get; init; }

    /// <summary>The first damage, or <see langword="null"/> for an intact log.</summary>
    public AuditDamage? Damage { get; init; }

    /// <summary>Whether authentication codes were checked, which needs the secret; hashes and signatures always are.</summary>
    public bool MacsChecked { get; init; }

    /// <summary>How many signed checkpoints agreed with the log.</summary>
    public long Checkpoints { get; init; }

    /// <summary>How many records the largest of them covers. Without the secret, records after it are only chained.</summary>
    public long CheckpointedEntries { get; init; }

    /// <summary>How many payloads are erased, each with its erasure on record.</summary>
    public long ErasedPayloads { get; init; }

    /// <summary>How often the time of recording went backwards. Not damage: clocks do that, and the log records it.</summary>
    public long ClockRegressions { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsIntact => Damage is null;
}
