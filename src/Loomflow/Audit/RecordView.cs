using System.Buffers.Binary;

namespace Loomflow.Audit;

/// <summary>A stored record, read in place: what is verified is these bytes and never a re-serialisation of them.</summary>
public readonly ref struct RecordView
{
    private readonly ReadOnlySpan<byte> _record;
    private readonly int _proofStart;
    private readonly int _entryStart;

    private RecordView(ReadOnlySpan<byte> record, int proofStart, int entryStart)
    {
        _record = record;
        _proofStart = proofStart;
        _entryStart = entryStart;
    }

    /// <summary>What the record is to the log.</summary>
    public AuditRecordKind Kind => (AuditRecordKind)_record[AuditFormat.KindOffset];

    /// <summary>Which log it belongs to.</summary>
    public Guid LogId => new(_record.Slice(AuditFormat.LogIdOffset, 16), bigEndian: true);

    /// <summary>Its place in the log.</summary>
    public long Sequence => BinaryPrimitives.ReadInt64BigEndian(_record[AuditFormat.SequenceOffset..]);

    /// <summary>The leaf hash of the record before it; zeros in the first.</summary>
    public Digest PreviousHash => new(_record.Slice(AuditFormat.PreviousHashOffset, Digest.Size));

    /// <summary>When the log took it, by the log's clock.</summary>
    public DateTimeOffset RecordedAt => AuditFormat.FromTicks(BinaryPrimitives.ReadInt64BigEndian(_record[AuditFormat.RecordedAtOffset..]));

    /// <summary>SHA-256 of salt and payload; zeros without a payload.</summary>
    public ReadOnlySpan<byte> Commitment => _record.Slice(AuditFormat.CommitmentOffset, Digest.Size);

    /// <summary>The payload's size in bytes.</summary>
    public int PayloadLength => BinaryPrimitives.ReadInt32BigEndian(_record[AuditFormat.PayloadLengthOffset..]);

    /// <summary>The id of the key that signed it.</summary>
    public ReadOnlySpan<byte> KeyId => _record.Slice(AuditFormat.KeyIdOffset + 1, _record[AuditFormat.KeyIdOffset]);

    /// <summary>In a rotation, the new key's id behind its length, and the new key's code over the rotation.</summary>
    public ReadOnlySpan<byte> RotationProof => _record[_proofStart.._entryStart];

    /// <summary>The producer's part.</summary>
    public ReadOnlySpan<byte> Entry => _record[_entryStart..^AuditFormat.MacSize];

    /// <summary>What is signed.</summary>
    public ReadOnlySpan<byte> Body => _record[..^AuditFormat.MacSize];

    /// <summary>The authentication code over <see cref="Body"/>.</summary>
    public ReadOnlySpan<byte> Mac => _record[^AuditFormat.MacSize..];

    /// <summary>Everything: the data of the Merkle leaf.</summary>
    public ReadOnlySpan<byte> Bytes => _record;

    /// <summary>Finds the parts of a record; false if the bytes are not one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, out RecordView view)
    {
        view = default;
        if (record.Length < AuditFormat.KeyIdOffset + 1 || !record.StartsWith(AuditFormat.Magic)) return false;
        if (record[AuditFormat.KindOffset] > (byte)AuditRecordKind.KeyRotation) return false;
        var proofLengthAt = AuditFormat.KeyIdOffset + 1 + record[AuditFormat.KeyIdOffset];
        if (proofLengthAt + 2 > record.Length) return false;
        var proofStart = proofLengthAt + 2;
        var entryStart = proofStart + BinaryPrimitives.ReadUInt16BigEndian(record[proofLengthAt..]);
        if (entryStart + AuditFormat.MacSize > record.Length) return false;
        view = new RecordView(record, proofStart, entryStart);
        return view is { PayloadLength: >= 0, Sequence: >= 0 };
    }
}
