using System.Buffers.Binary;

namespace Loomflow.Audit;

/// <summary>
/// The bytes that are signed: version 1. Integers are big-endian, text is UTF-8 behind its length in 16 bits. The format is
/// written down with test vectors in docs/audit.md; changing a byte of it means a new version with a new magic.
/// </summary>
/// <remarks>
/// A record is <c>body ‖ HMAC-SHA256(key, body)</c>. The body is a fixed part (magic, kind, log id, sequence, hash of the
/// previous record, time of recording, payload commitment and length), the key id, the rotation proof, and then the
/// producer's entry, which stands last and alone so that two appends can be compared byte by byte.
/// </remarks>
public static class AuditFormat
{
    /// <summary>The most bytes of one text field.</summary>
    public const int MaxFieldBytes = 4096;

    /// <summary>The most bytes of a key id.</summary>
    public const int MaxKeyIdBytes = 64;

    /// <summary>The most bytes of one record: all twelve text fields at their limit, and room to spare.</summary>
    public const int MaxRecordBytes = 64 * 1024;

    /// <summary>The size of the authentication code that ends a record.</summary>
    public const int MacSize = 32;

    /// <summary>The size of the random salt in a payload's commitment.</summary>
    public const int SaltSize = 16;

    /// <summary>The size of what precedes each record in a segment: its length, and the complement of its length.</summary>
    public const int FrameHeaderSize = 8;

    internal const int KindOffset = 17;
    internal const int LogIdOffset = 18;
    internal const int SequenceOffset = 34;
    internal const int PreviousHashOffset = 42;
    internal const int RecordedAtOffset = 74;
    internal const int CommitmentOffset = 82;
    internal const int PayloadLengthOffset = 114;
    internal const int KeyIdOffset = 118;

    /// <summary>The domain and version that every body begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "loomflow-audit-v1"u8;

    /// <summary>Writes the header of a frame.</summary>
    public static void WriteFrameHeader(Span<byte> destination, int recordLength)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)recordLength);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ~(uint)recordLength);
    }

    /// <summary>Reads the header of a frame; the complement tells a damaged header from a frame that was cut off.</summary>
    public static bool TryReadFrameHeader(ReadOnlySpan<byte> source, out int recordLength)
    {
        recordLength = 0;
        if (source.Length < FrameHeaderSize) return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (length != ~BinaryPrimitives.ReadUInt32BigEndian(source[4..]) || length is 0 or > MaxRecordBytes) return false;
        recordLength = (int)length;
        return true;
    }

    /// <summary>The name that a log's checkpoints carry, so that none can pass for another log's.</summary>
    public static string Origin(Guid logId) => $"loomflow.audit/{logId:N}";

    internal static long ToTicks(DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    internal static DateTimeOffset FromTicks(long ticks)
    {
        var max = DateTimeOffset.MaxValue.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(ticks, -DateTimeOffset.UnixEpoch.Ticks, max));
    }
}
