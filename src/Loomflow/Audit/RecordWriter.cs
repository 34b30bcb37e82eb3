using System.Buffers.Binary;

namespace Loomflow.Audit;

/// <summary>Signs records and chains them. Holds where the chain stands; not safe for use by two threads at once.</summary>
public sealed class RecordWriter(Guid logId, AuditKey key) : IDisposable
{
    private readonly RecordHasher _hasher = new();

    /// <summary>The log that the records belong to.</summary>
    public Guid LogId { get; } = logId;

    /// <summary>The key that signs the next record.</summary>
    public AuditKey Key { get; private set; } = key;

    /// <summary>Where the chain stands. Setting it takes back what was written since, when storing it failed.</summary>
    public ChainHead Head { get; private set; }

    /// <summary>Goes on from, or back to, a known place under the key that signs there.</summary>
    public void Resume(ChainHead head, AuditKey key) => (Head, Key) = (head, key);

    /// <summary>The size of the next record for this entry.</summary>
    public int Measure(PreparedEntry entry) =>
        AuditFormat.KeyIdOffset + 1 + Key.IdBytes.Length + 2 + entry.Encoded.Length + AuditFormat.MacSize;

    /// <summary>Writes the next record into <paramref name="destination"/> and moves the chain.</summary>
    /// <returns>Its size and leaf hash.</returns>
    public (int Length, Digest LeafHash) Write(Span<byte> destination, PreparedEntry entry, DateTimeOffset recordedAt, AuditRecordKind kind = AuditRecordKind.Entry) =>
        Write(destination, entry, recordedAt, kind, []);

    /// <summary>Writes the record that hands over to another key, signed by both, and signs with the new one from then on.</summary>
    public (int Length, Digest LeafHash) WriteRotation(Span<byte> destination, PreparedEntry entry, DateTimeOffset recordedAt, AuditKey newKey)
    {
        ArgumentNullException.ThrowIfNull(newKey);
        var mac = _hasher.RotationMac(newKey, Key.IdBytes.Span, LogId, Head.Size, Head.LastLeaf);
        var written = Write(destination, entry, recordedAt, AuditRecordKind.KeyRotation, [(byte)newKey.IdBytes.Length, .. newKey.IdBytes.Span, .. mac.AsSpan()]);
        Key = newKey;
        return written;
    }

    /// <inheritdoc />
    public void Dispose() => _hasher.Dispose();

    private (int Length, Digest LeafHash) Write(Span<byte> destination, PreparedEntry entry, DateTimeOffset recordedAt, AuditRecordKind kind, ReadOnlySpan<byte> proof)
    {
        var keyId = Key.IdBytes.Span;
        AuditFormat.Magic.CopyTo(destination);
        destination[AuditFormat.KindOffset] = (byte)kind;
        LogId.TryWriteBytes(destination[AuditFormat.LogIdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(destination[AuditFormat.SequenceOffset..], Head.Size);
        Head.LastLeaf.AsSpan().CopyTo(destination[AuditFormat.PreviousHashOffset..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[AuditFormat.RecordedAtOffset..], AuditFormat.ToTicks(recordedAt));
        entry.Commitment.AsSpan().CopyTo(destination[AuditFormat.CommitmentOffset..]);
        BinaryPrimitives.WriteInt32BigEndian(destination[AuditFormat.PayloadLengthOffset..], entry.Payload.Length);
        destination[AuditFormat.KeyIdOffset] = (byte)keyId.Length;
        keyId.CopyTo(destination[(AuditFormat.KeyIdOffset + 1)..]);

        var position = AuditFormat.KeyIdOffset + 1 + keyId.Length;
        BinaryPrimitives.WriteUInt16BigEndian(destination[position..], (ushort)proof.Length);
        proof.CopyTo(destination[(position + 2)..]);
        position += 2 + proof.Length;
        entry.Encoded.Span.CopyTo(destination[position..]);
        position += entry.Encoded.Length;

        _hasher.Mac(Key, destination[..position]).AsSpan().CopyTo(destination[position..]);
        position += AuditFormat.MacSize;
        var leaf = _hasher.Leaf(destination[..position]);
        Head = new ChainHead(Head.Size + 1, leaf);
        return (position, leaf);
    }
}
