using System.Numerics;
using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// The hashes of all complete subtrees in the order in which appending completes them, so that growing is appending and any
/// node is one read. Derived from the records: when it is missing or wrong it is built again.
/// </summary>
internal sealed class TreeFile(string path, bool writable) : IMerkleNodes, IDisposable
{
    private readonly SafeFileHandle _file = File.OpenHandle(
        path, writable ? FileMode.OpenOrCreate : FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public long Length => RandomAccess.GetLength(_file);

    /// <summary>How many hashes the tree of that size has: one per leaf and one per pair that was complete on the way.</summary>
    public static long HashCount(long size) => (2 * size) - BitOperations.PopCount((ulong)size);

    public void Write(ReadOnlySpan<byte> hashes, long treeSize) => RandomAccess.Write(_file, hashes, HashCount(treeSize) * Digest.Size);

    public void Truncate(long treeSize) => RandomAccess.SetLength(_file, HashCount(treeSize) * Digest.Size);

    public void Flush() => RandomAccess.FlushToDisk(_file);

    public Digest Node(int level, long index)
    {
        // The node is written with its last leaf, after the leaf itself and the lower nodes that the leaf completes.
        var lastLeaf = ((index + 1) << level) - 1;
        Span<byte> hash = stackalloc byte[Digest.Size];
        var read = RandomAccess.Read(_file, hash, (HashCount(lastLeaf) + level) * Digest.Size);
        return read == Digest.Size ? new Digest(hash) : throw new IOException($"The tree file ends before node {index} of level {level}.");
    }

    public void Dispose() => _file.Dispose();
}
