using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace StackExchange.Redis;

internal static class RespWriter
{
    /// <summary>Writes a command as the array of bulk strings that Redis awaits.</summary>
    public static void WriteCommand(IBufferWriter<byte> writer, string command, ReadOnlySpan<RedisValue> arguments)
    {
        WriteHeader(writer, (byte)'*', arguments.Length + 1);
        WriteText(writer, command);
        foreach (ref readonly var argument in arguments) WriteValue(writer, argument);
    }

    private static void WriteValue(IBufferWriter<byte> writer, in RedisValue value)
    {
        if (value.Text is { } text)
        {
            WriteText(writer, text);
        }
        else if (value.Raw is { } bytes)
        {
            WriteHeader(writer, (byte)'$', bytes.Length);
            writer.Write(bytes);
            writer.Write("\r\n"u8);
        }
        else
        {
            Span<byte> number = stackalloc byte[RedisValue.MaxNumberLength];
            var length = value.FormatNumber(number);
            WriteHeader(writer, (byte)'$', length);
            writer.Write(number[..length]);
            writer.Write("\r\n"u8);
        }
    }

    private static void WriteText(IBufferWriter<byte> writer, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteHeader(writer, (byte)'$', length);
        var span = writer.GetSpan(length + 2);
        Encoding.UTF8.GetBytes(text, span);
        "\r\n"u8.CopyTo(span[length..]);
        writer.Advance(length + 2);
    }

    private static void WriteHeader(IBufferWriter<byte> writer, byte kind, int number)
    {
        var span = writer.GetSpan(16);
        span[0] = kind;
        Utf8Formatter.TryFormat(number, span[1..], out var length);
        "\r\n"u8.CopyTo(span[(1 + length)..]);
        writer.Advance(length + 3);
    }
}
