using System.Runtime.CompilerServices;

namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>What an index holds of one record.</summary>
internal struct IndexEntry
{
    public uint RecordOffset;
    public uint PayloadOffset;
    public long RecordedAt;
    public TermHashes Terms;

    /// <summary>The hashes of <see cref="TermHash.TryHash"/>.</summary>
    [InlineArray(TermHash.Fields + 1)]
    internal struct TermHashes
    {
        private ulong _element;
    }
}
