using System.Buffers.Binary;

namespace Loomflow.Audit;

/// <summary>
/// The hashes of records and trees, with the hash states kept: starting one costs as much as hashing a record.
/// Not safe for use by two threads at once.
/// </summary>
public sealed class RecordHasher : IDisposable
{
    private readonly HashState _sha = HashState.CreateSha256();
    private readonly byte[] _node = new byte[1 + (2 * Digest.Size)];
    private HashState? _hmac;
    private AuditKey? _key;

    /// <summary>RFC 6962 §2.1: SHA-256 of 0x00 and the record.</summary>
    public Digest Leaf(ReadOnlySpan<byte> record)
    {
        _sha.Append([0x00]);
        _sha.Append(record);
        return _sha.Finish();
    }

    /// <summary>RFC 6962 §2.1: SHA-256 of 0x01 and the two children.</summary>
    public Digest Node(in Digest left, in Digest right)
    {
        _node[0] = 0x01;
        left.AsSpan().CopyTo(_node.AsSpan(1));
        right.AsSpan().CopyTo(_node.AsSpan(1 + Digest.Size));
        _sha.Append(_node);
        return _sha.Finish();
    }

    /// <summary>SHA-256 of salt and payload: says nothing about the payload once the salt is gone.</summary>
    public Digest Commit(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload)
    {
        if (!salt.IsEmpty) _sha.Append(salt);
        _sha.Append(payload);
        return _sha.Finish();
    }

    /// <summary>HMAC-SHA256 of a record's body.</summary>
    public Digest Mac(AuditKey key, ReadOnlySpan<byte> body)
    {
        if (_key != key)
        {
            _hmac?.Dispose();
            _hmac = HashState.CreateHmac(key.Secret);
            _key = key;
        }

        _hmac!.Append(body);
        return _hmac.Finish();
    }

    /// <summary>The new key's code over a rotation: it binds both key ids to the place in the log where the one hands over.</summary>
    public Digest RotationMac(AuditKey newKey, ReadOnlySpan<byte> oldKeyId, Guid logId, long sequence, in Digest previousHash)
    {
        using var hmac = HashState.CreateHmac(newKey.Secret);
        Span<byte> fields = stackalloc byte[16 + 8];
        logId.TryWriteBytes(fields, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(fields[16..], sequence);
        hmac.Append("loomflow-audit-rotation-v1"u8);
        hmac.Append(fields);
        hmac.Append(previousHash.AsSpan());
        hmac.Append([(byte)oldKeyId.Length]);
        hmac.Append(oldKeyId);
        hmac.Append([(byte)newKey.IdBytes.Length]);
        hmac.Append(newKey.IdBytes.Span);
        return hmac.Finish();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _sha.Dispose();
        _hmac?.Dispose();
    }
}
