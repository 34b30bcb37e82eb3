using System.Buffers.Binary;
using System.Security.Cryptography;
using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// How far the log was durable when it last acknowledged something: written after every group commit, before the
/// acknowledgements, and authenticated. It survives the death of the process; after a loss of power it may be older than
/// the log, never newer.
/// </summary>
internal sealed class HeadFile : IDisposable
{
    private const int EpochOffset = 38;
    private const int SizeOffset = 46;
    private const int LeafOffset = 54;
    private const int KeyIdOffset = 86;
    private const int MacOffset = KeyIdOffset + 1 + AuditFormat.MaxKeyIdBytes;
    private const int Length = MacOffset + AuditFormat.MacSize;

    private readonly SafeFileHandle _file;
    private readonly RecordHasher _hasher = new();
    private readonly byte[] _buffer = new byte[Length];
    private readonly byte[] _epoch = new byte[8];

    private HeadFile(SafeFileHandle file) => _file = file;

    private static ReadOnlySpan<byte> Magic => "loomflow-audit-head-v1"u8;

    public static HeadFile Open(LogFiles files) =>
        new(File.OpenHandle(files.Head, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Reads the head of a log; null if it has none.</summary>
    /// <exception cref="LogDamagedException">The head is not what the log wrote.</exception>
    public static LogHead? Read(LogFiles files, AuditKeyRing? keys)
    {
        if (!File.Exists(files.Head)) return null;
        var bytes = File.ReadAllBytes(files.Head);
        if (bytes.Length == 0) return null;
        if (bytes.Length != Length || !bytes.AsSpan().StartsWith(Magic) || bytes[KeyIdOffset] > AuditFormat.MaxKeyIdBytes) throw Altered("it is not the head of an audit log");

        var head = new LogHead(
            new Guid(bytes.AsSpan(Magic.Length, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(EpochOffset)),
            new ChainHead(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(SizeOffset)), new Digest(bytes.AsSpan(LeafOffset, Digest.Size))));
        if (keys is null) return head;
        var key = keys.Find(System.Text.Encoding.UTF8.GetString(bytes.AsSpan(KeyIdOffset + 1, bytes[KeyIdOffset]))) ?? throw Altered("it names a key that is not in the key ring");
        using var hasher = new RecordHasher();
        return CryptographicOperations.FixedTimeEquals(hasher.Mac(key, bytes.AsSpan(0, MacOffset)).AsSpan(), bytes.AsSpan(MacOffset)) ? head : throw Altered("its authentication code does not match");

        LogDamagedException Altered(string detail) => new(new AuditDamage(AuditDamageKind.Altered, 0, $"the file '{files.Head}': {detail}"));
    }

    public void Write(LogHead head, AuditKey key)
    {
        var bytes = _buffer.AsSpan();
        bytes.Clear();
        Magic.CopyTo(bytes);
        head.LogId.TryWriteBytes(bytes[Magic.Length..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[EpochOffset..], head.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[SizeOffset..], head.Chain.Size);
        head.Chain.LastLeaf.AsSpan().CopyTo(bytes[LeafOffset..]);
        bytes[KeyIdOffset] = (byte)key.Id.Length;
        System.Text.Encoding.ASCII.GetBytes(key.Id, bytes[(KeyIdOffset + 1)..]);
        _hasher.Mac(key, bytes[..MacOffset]).AsSpan().CopyTo(bytes[MacOffset..]);
        RandomAccess.Write(_file, _buffer, 0);
    }

    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>The epoch in the file now: greater than ours once another writer has taken over.</summary>
    public long ReadEpoch() => RandomAccess.Read(_file, _epoch, EpochOffset) == _epoch.Length ? BinaryPrimitives.ReadInt64BigEndian(_epoch) : 0;

    public void Dispose()
    {
        _file.Dispose();
        _hasher.Dispose();
    }
}
