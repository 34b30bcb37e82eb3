namespace Loomflow.Audit;

/// <summary>What a record is to the log.</summary>
public enum AuditRecordKind : byte
{
    /// <summary>An entry of a producer or of the log itself.</summary>
    Entry = 0,

    /// <summary>The first record, which names the log.</summary>
    Genesis = 1,

    /// <summary>From the next record on another key signs; this record carries the proof of both.</summary>
    KeyRotation = 2,
}
