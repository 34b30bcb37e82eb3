namespace Loomflow.Audit;

/// <summary>The log's answer to an append.</summary>
/// <param name="Sequence">The entry's place in the log. The log's own first record is 0.</param>
/// <param name="LeafHash">The hash of the stored record: the leaf that inclusion proofs speak of.</param>
/// <param name="IsDuplicate">Whether the entry was there already, with the same content.</param>
public readonly record struct AuditReceipt(long Sequence, Digest LeafHash, bool IsDuplicate = false);
