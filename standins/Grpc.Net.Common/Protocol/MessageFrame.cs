using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Net.Protocol;

/// <summary>Length-prefixed message: one byte that says whether it is compressed, four of length (big-endian), the message.</summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    public static readonly Status TooLargeToReceive = new(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
    public static readonly Status TooLargeToSend = new(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size.");

    public static void WriteHeader(Span<byte> destination, int length, bool compressed)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], length);
    }

    /// <summary>The length, once it is known to be allowed. Throws what the call is to end with otherwise.</summary>
    public static int ReadHeader(ReadOnlySpan<byte> header, int? limit, out bool compressed)
    {
        compressed = header[0] switch
        {
            0 => false,
            1 => true,
            _ => throw new InvalidDataException("Unexpected compressed flag value in message header."),
        };
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > int.MaxValue) throw new IOException($"Message too large: {length}");
        return length <= (uint)(limit ?? int.MaxValue) ? (int)length : throw new RpcException(TooLargeToReceive);
    }

    /// <summary>Takes one whole message off the buffer, if it holds one.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int? limit, out ReadOnlySequence<byte> message, out bool compressed)
    {
        message = default;
        compressed = false;
        if (buffer.Length < HeaderSize)
            return false;

        int length;
        if (buffer.FirstSpan.Length >= HeaderSize)
        {
            length = ReadHeader(buffer.FirstSpan, limit, out compressed);
        }
        else
        {
            Span<byte> header = stackalloc byte[HeaderSize];
            buffer.Slice(0, HeaderSize).CopyTo(header);
            length = ReadHeader(header, limit, out compressed);
        }

        if (buffer.Length - HeaderSize < length)
            return false;

        message = buffer.Slice(HeaderSize, length);
        buffer = buffer.Slice(message.End);
        return true;
    }
}
