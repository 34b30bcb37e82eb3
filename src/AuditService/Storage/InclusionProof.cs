using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>That a record is in a log of that size and root.</summary>
internal sealed record InclusionProof(long Sequence, long TreeSize, Digest LeafHash, Digest Root, IReadOnlyList<Digest> Hashes);
