namespace Loomflow.Audit;

/// <summary>What is wrong with a log.</summary>
public enum AuditDamageKind
{
    /// <summary>Bytes of a record, its payload or the log's head were changed.</summary>
    Altered,

    /// <summary>Genuine records stand in another order.</summary>
    Reordered,

    /// <summary>Records, or payloads without a recorded erasure, are missing from the middle.</summary>
    Removed,

    /// <summary>Something that was never signed stands between genuine records.</summary>
    Inserted,

    /// <summary>A genuine record stands there more than once.</summary>
    Duplicated,

    /// <summary>The end is missing: fewer records than were acknowledged or checkpointed.</summary>
    Truncated,

    /// <summary>A genuine record of another log, or of another history of this one.</summary>
    Spliced,

    /// <summary>A record names a key that the verifier lacks or that the log had not rotated to.</summary>
    UnknownKey,

    /// <summary>A checkpoint is malformed, its signature is not valid, or the log does not have the root that it states.</summary>
    BrokenCheckpoint,
}
