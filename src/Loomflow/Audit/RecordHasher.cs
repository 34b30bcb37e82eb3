using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>
/// The hashes of records and trees, with the hash states kept: starting one costs as much as hashing a record.
/// Not safe for use by two threads at once.
/// </summary>
public sealed class RecordHasher : IDisposable
{
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _node = new byte[1 + (2 * Digest.Size)];
    private IncrementalHash? _hmac;
    private AuditKey? _key;

    /// <summary>RFC 6962 §2.1: SHA-256 of 0x00 and the record.</summary>
    public Digest Leaf(ReadOnlySpan<byte> record)
    {
        _sha.AppendData([0x00]);
        _sha.AppendData(record);
        return Finish(_sha);
    }

    /// <summary>RFC 6962 §2.1: SHA-256 of 0x01 and the two children.</summary>
    public Digest Node(in Digest left, in Digest right)
    {
        _node[0] = 0x01;
        left.AsSpan().CopyTo(_node.AsSpan(1));
        right.AsSpan().CopyTo(_node.AsSpan(1 + Digest.Size));
        _sha.AppendData(_node);
        return Finish(_sha);
    }

    /// <summary>SHA-256 of salt and payload: says nothing about the payload once the salt is gone.</summary>
    public Digest Commit(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload)
    {
        _sha.AppendData(salt);
        _sha.AppendData(payload);
        return Finish(_sha);
    }

    /// <summary>HMAC-SHA256 of a record's body.</summary>
    public Digest Mac(AuditKey key, ReadOnlySpan<byte> body)
    {
        if (_key != key)
        {
            _hmac?.Dispose();
            _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Secret);
            _key = key;
        }

        _hmac!.AppendData(body);
        return Finish(_hmac);
    }

    /// <summary>The new key's code over a rotation: it binds both key ids to the place in the log where the one hands over.</summary>
    public Digest RotationMac(AuditKey newKey, ReadOnlySpan<byte> oldKeyId, Guid logId, long sequence, in Digest previousHash)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, newKey.Secret);
        Span<byte> fields = stackalloc byte[16 + 8];
        logId.TryWriteBytes(fields, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(fields[16..], sequence);
        hmac.AppendData("loomflow-audit-rotation-v1"u8);
        hmac.AppendData(fields);
        hmac.AppendData(previousHash.AsSpan());
        hmac.AppendData([(byte)oldKeyId.Length]);
        hmac.AppendData(oldKeyId);
        hmac.AppendData([(byte)newKey.IdBytes.Length]);
        hmac.AppendData(newKey.IdBytes.Span);
        return Finish(hmac);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _sha.Dispose();
        _hmac?.Dispose();
    }

    private static Digest Finish(IncrementalHash hash)
    {
        Span<byte> value = stackalloc byte[Digest.Size];
        hash.GetHashAndReset(value);
        return new Digest(value);
    }
}
