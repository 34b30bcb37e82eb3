using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>Broken HTTP/2: the bytes of a good gRPC call with a few of them changed, each on a connection of its own.</summary>
internal sealed class FrameFuzz(Uri address, Target target, Findings findings)
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(20);

    // ":status: 500" in the static table of RFC 7541.
    private const byte Status500 = 0x8e;

    public async Task RunAsync(Mutator mutator, int connections, CancellationToken cancellationToken)
    {
        for (var left = connections; left > 0; left--)
        {
            var good = Good(mutator);
            var bytes = mutator.Mutate(good, from: mutator.Chance(0.95) ? 24 : 0);
            using var connection = await HttpConnection.OpenAsync(address, cancellationToken);
            try
            {
                await connection.SendAsync(bytes, cancellationToken);
            }
            catch (SocketException)
            {
                // Refused before it had been read.
            }

            // A server may well wait for the rest of a frame that was never sent.
            var answer = await connection.ReadUntilQuietAsync(s_quiet, cancellationToken);
            findings.Answered("HTTP/2, broken", answer.Length == 0 ? "closed" : "answered");
            if (Statuses(answer).Contains(Status500)) findings.Add($"HTTP/2 status 500 for {Convert.ToHexString(bytes)}");
        }
    }

    private byte[] Good(Mutator mutator)
    {
        var (path, message) = mutator.Any(target.Calls);
        var content = Google.Protobuf.MessageExtensions.ToByteArray(message);
        var framed = new byte[content.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), content.Length);
        content.CopyTo(framed, 5);

        byte[] headers =
        [
            .. Header(":method", "POST"), .. Header(":scheme", "http"), .. Header(":path", path), .. Header(":authority", "localhost"), .. Header("te", "trailers"),
            .. Header("content-type", "application/grpc"), .. Header("grpc-timeout", "50m"), .. Header("authorization", $"Bearer {target.ServiceCredential}"),
        ];
        return [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(Headers, EndHeaders, 1, headers), .. Frame(Data, EndStream, 1, framed)];
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // RFC 7541: a literal that is not indexed, with a name of its own and no Huffman code.
    private static byte[] Header(string name, string value) => [0, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        if (bytes.Length < 127) return [(byte)bytes.Length, .. bytes];
        var left = bytes.Length - 127;
        return left < 128 ? [127, (byte)left, .. bytes] : [127, (byte)(0x80 | (left & 0x7f)), (byte)(left >> 7), .. bytes];
    }

    private static List<byte> Statuses(byte[] answer)
    {
        var statuses = new List<byte>();
        for (var at = 0; at + 9 < answer.Length;)
        {
            var length = (answer[at] << 16) | (answer[at + 1] << 8) | answer[at + 2];
            if (answer[at + 3] == Headers && length > 0) statuses.Add(answer[at + 9]);
            at += 9 + length;
        }

        return statuses;
    }
}
