using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Proofs against checkpoints.</summary>
internal sealed class LogProofs(AuditLog log, Checkpointer checkpointer)
{
    /// <exception cref="ArgumentException">The entry is not in a log of that size.</exception>
    public InclusionProof Inclusion(long sequence, long? treeSize)
    {
        var size = Size(treeSize);
        if (sequence < 0 || sequence >= size) throw new ArgumentException($"Entry {sequence} is not among the first {size} records: make a checkpoint first, or ask for a later one.");
        var leaf = log.Tree.Node(0, sequence);
        return new InclusionProof(sequence, size, leaf, MerkleTree.Root(size, log.Tree), MerkleTree.InclusionProof(sequence, size, log.Tree));
    }

    /// <exception cref="ArgumentException">The sizes are not those of a log and its beginning.</exception>
    public ConsistencyProof Consistency(long firstSize, long? secondSize)
    {
        var second = Size(secondSize);
        if (firstSize < 0 || firstSize > second) throw new ArgumentException($"A log of {firstSize} records cannot be the beginning of one of {second}.");
        return new ConsistencyProof(
            firstSize, second, MerkleTree.Root(firstSize, log.Tree), MerkleTree.Root(second, log.Tree), MerkleTree.ConsistencyProof(firstSize, second, log.Tree));
    }

    private long Size(long? asked)
    {
        var size = asked ?? checkpointer.Latest?.Checkpoint.Size ?? log.Size;
        return size >= 0 && size <= log.Size ? size : throw new ArgumentException($"The log has {log.Size} records, not {size}.");
    }
}
