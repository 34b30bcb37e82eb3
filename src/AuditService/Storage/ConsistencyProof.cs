using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>That the log of the first size and root is the beginning of that of the second.</summary>
internal sealed record ConsistencyProof(long FirstSize, long SecondSize, Digest FirstRoot, Digest SecondRoot, IReadOnlyList<Digest> Hashes);
