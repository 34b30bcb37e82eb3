using System.Numerics;

namespace Loomflow.Audit;

/// <summary>The Merkle tree of RFC 6962 §2.1 over leaf hashes: roots, proofs, and their verification (RFC 9162 §2.1.3.2 and §2.1.4.2).</summary>
public static class MerkleTree
{
    /// <summary>The root of the empty tree: SHA-256 of nothing.</summary>
    public static Digest EmptyRoot { get; } = new(System.Security.Cryptography.SHA256.HashData([]));

    /// <summary>The hashes that prove that a leaf is in a tree, the leaf's end first.</summary>
    /// <param name="index">The leaf.</param>
    /// <param name="size">The size of the tree; greater than <paramref name="index"/>.</param>
    /// <param name="source">The tree's nodes.</param>
    public static IReadOnlyList<Digest> InclusionProof(long index, long size, IMerkleNodes source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (index < 0 || index >= size) throw new ArgumentOutOfRangeException(nameof(index), $"Entry {index} is not in a tree of {size}.");
        using var hasher = new RecordHasher();
        var proof = new List<Digest>();
        Path(index, 0, size, proof, source, hasher);
        return proof;
    }

    /// <summary>The hashes that prove that the tree of <paramref name="first"/> leaves is a prefix of that of <paramref name="second"/>.</summary>
    public static IReadOnlyList<Digest> ConsistencyProof(long first, long second, IMerkleNodes source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (first < 0 || first > second) throw new ArgumentOutOfRangeException(nameof(first), $"A tree of {first} cannot be the beginning of a tree of {second}.");
        if (first == 0 || first == second) return [];
        using var hasher = new RecordHasher();
        var proof = new List<Digest>();
        SubProof(first, 0, second, complete: true, proof, source, hasher);
        return proof;
    }

    /// <summary>The root over the first <paramref name="size"/> leaves.</summary>
    public static Digest Root(long size, IMerkleNodes source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (size == 0) return EmptyRoot;
        using var hasher = new RecordHasher();
        return SubtreeRoot(0, size, source, hasher);
    }

    /// <summary>Whether <paramref name="proof"/> shows that <paramref name="leaf"/> is entry <paramref name="index"/> of the tree with this size and root.</summary>
    public static bool VerifyInclusion(in Digest leaf, long index, long size, IReadOnlyList<Digest> proof, in Digest root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size) return false;
        using var hasher = new RecordHasher();
        var (node, last, hash) = (index, size - 1, leaf);
        foreach (var sibling in proof)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = hasher.Node(sibling, hash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = hasher.Node(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash == root;
    }

    /// <summary>Whether <paramref name="proof"/> shows that the log with the first size and root is the beginning of the one with the second.</summary>
    public static bool VerifyConsistency(long firstSize, in Digest firstRoot, long secondSize, in Digest secondRoot, IReadOnlyList<Digest> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (firstSize < 0 || firstSize > secondSize) return false;
        if (firstSize == secondSize) return proof.Count == 0 && firstRoot == secondRoot;
        if (firstSize == 0) return proof.Count == 0 && firstRoot == EmptyRoot;
        if (proof.Count == 0) return false;

        using var hasher = new RecordHasher();
        var (node, last) = (firstSize - 1, secondSize - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);

        // A complete first tree is its own first node and is not repeated in the proof.
        var next = 0;
        var firstHash = BitOperations.IsPow2(firstSize) ? firstRoot : proof[next++];
        var secondHash = firstHash;
        for (; next < proof.Count; next++)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                firstHash = hasher.Node(proof[next], firstHash);
                secondHash = hasher.Node(proof[next], secondHash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                secondHash = hasher.Node(secondHash, proof[next]);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && firstHash == firstRoot && secondHash == secondRoot;
    }

    private static void Path(long index, long start, long count, List<Digest> proof, IMerkleNodes source, RecordHasher hasher)
    {
        if (count == 1) return;
        var split = SplitPoint(count);
        if (index < split)
        {
            Path(index, start, split, proof, source, hasher);
            proof.Add(SubtreeRoot(start + split, count - split, source, hasher));
        }
        else
        {
            Path(index - split, start + split, count - split, proof, source, hasher);
            proof.Add(SubtreeRoot(start, split, source, hasher));
        }
    }

    private static void SubProof(long size, long start, long count, bool complete, List<Digest> proof, IMerkleNodes source, RecordHasher hasher)
    {
        if (size == count)
        {
            if (!complete) proof.Add(SubtreeRoot(start, count, source, hasher));
            return;
        }

        var split = SplitPoint(count);
        if (size <= split)
        {
            SubProof(size, start, split, complete, proof, source, hasher);
            proof.Add(SubtreeRoot(start + split, count - split, source, hasher));
        }
        else
        {
            SubProof(size - split, start + split, count - split, complete: false, proof, source, hasher);
            proof.Add(SubtreeRoot(start, split, source, hasher));
        }
    }

    // Subtrees that the recursion asks for begin at a multiple of the power of two that covers them.
    private static Digest SubtreeRoot(long start, long count, IMerkleNodes source, RecordHasher hasher)
    {
        if (BitOperations.IsPow2(count))
        {
            var level = BitOperations.Log2((ulong)count);
            return source.Node(level, start >> level);
        }

        var split = SplitPoint(count);
        return hasher.Node(SubtreeRoot(start, split, source, hasher), SubtreeRoot(start + split, count - split, source, hasher));
    }

    private static long SplitPoint(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
