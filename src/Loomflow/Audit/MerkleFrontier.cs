namespace Loomflow.Audit;

/// <summary>
/// A tree reduced to its complete subtrees from the left, one per bit of its size: enough to append to it and to have its
/// root at any moment, in constant memory.
/// </summary>
public sealed class MerkleFrontier(RecordHasher hasher)
{
    private readonly Digest[] _subtrees = new Digest[64];

    /// <summary>How many leaves it has.</summary>
    public long Size { get; private set; }

    /// <summary>The root over all leaves so far.</summary>
    public Digest Root()
    {
        if (Size == 0) return MerkleTree.EmptyRoot;
        Digest? root = null;
        for (var level = 0; Size >> level != 0; level++)
        {
            if (((Size >> level) & 1) == 0) continue;
            root = root is { } right ? hasher.Node(_subtrees[level], right) : _subtrees[level];
        }

        return root!.Value;
    }

    /// <summary>Adds a leaf and calls <paramref name="completed"/>, where given, for each subtree that it completes, from the leaf up.</summary>
    public void Append(in Digest leaf, Action<Digest>? completed = null)
    {
        var hash = leaf;
        completed?.Invoke(hash);
        var level = 0;
        for (; ((Size >> level) & 1) == 1; level++)
        {
            hash = hasher.Node(_subtrees[level], hash);
            completed?.Invoke(hash);
        }

        _subtrees[level] = hash;
        Size++;
    }

    /// <summary>Takes the state of another frontier: how a writer goes back to what is stored.</summary>
    public void CopyFrom(MerkleFrontier other)
    {
        ArgumentNullException.ThrowIfNull(other);
        other._subtrees.CopyTo(_subtrees, 0);
        Size = other.Size;
    }

    /// <summary>Rebuilds the frontier of a tree of that size from its stored nodes.</summary>
    public void Load(long size, IMerkleNodes source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Size = size;
        for (var level = 0; size >> level != 0; level++)
        {
            if (((size >> level) & 1) == 1) _subtrees[level] = source.Node(level, (size >> level) - 1);
        }
    }
}
