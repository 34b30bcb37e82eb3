using System.Buffers.Binary;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// How a payload is stored, apart from the record that commits to it: sequence number, state, salt, content. Erasing
/// overwrites salt and content in place and leaves the number of the entry that records the erasure.
/// </summary>
internal static class PayloadFrame
{
    public const int HeaderSize = 8 + 1 + AuditFormat.SaltSize;

    private const int StateOffset = 8;
    private const int SaltOffset = 9;
    private const byte Present = 0;
    private const byte Erased = 1;

    public static int Size(int payloadLength) => payloadLength == 0 ? 0 : HeaderSize + payloadLength;

    public static void Write(Span<byte> destination, long sequence, PreparedEntry entry)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, sequence);
        destination[StateOffset] = Present;
        entry.Salt.Span.CopyTo(destination[SaltOffset..]);
        entry.Payload.Span.CopyTo(destination[HeaderSize..]);
    }

    /// <summary>An erased frame of the same size.</summary>
    public static byte[] WriteErased(long sequence, int payloadLength, long erasedBy)
    {
        var frame = new byte[Size(payloadLength)];
        BinaryPrimitives.WriteInt64BigEndian(frame, sequence);
        frame[StateOffset] = Erased;
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(SaltOffset), erasedBy);
        return frame;
    }

    public static bool IsFor(ReadOnlySpan<byte> frame, long sequence) =>
        frame.Length >= HeaderSize && BinaryPrimitives.ReadInt64BigEndian(frame) == sequence && frame[StateOffset] <= Erased;

    public static bool IsErased(ReadOnlySpan<byte> frame) => frame[StateOffset] == Erased;

    public static long ErasedBy(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64BigEndian(frame[SaltOffset..]);

    public static ReadOnlySpan<byte> Salt(ReadOnlySpan<byte> frame) => frame.Slice(SaltOffset, AuditFormat.SaltSize);

    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> frame) => frame[HeaderSize..];

    /// <summary>Whether nothing is left in an erased frame but the number of the erasure.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> frame) => !frame[(SaltOffset + 8)..].ContainsAnyExcept((byte)0);
}
