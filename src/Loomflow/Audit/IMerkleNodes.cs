namespace Loomflow.Audit;

/// <summary>Where the hashes of a tree's complete subtrees are kept.</summary>
public interface IMerkleNodes
{
    /// <summary>The hash of the subtree over the leaves from <c>index · 2^level</c> on, <c>2^level</c> of them.</summary>
    Digest Node(int level, long index);
}
