using System.Text;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>Makes bad input of good one. The same seed makes the same.</summary>
internal sealed class Mutator(int seed)
{
    // What parsers stumble over: ends of lines and strings, numbers at their limits, escapes, what is too long.
    private static readonly byte[][] s_awkward =
    [
        .. ((string[])
        [
            "\0", "\r\n", "\n", "\r\n\r\n", "%00", "%", "%u0041", "%2e%2e%2f", "../", "{", "}", "[[[[", "\"", "\\u0000", "\\ud800", "'", "<script>", "-1", "0", "2147483648",
            "9223372036854775808", "1e999", "NaN", "null", "true", "chunked", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\u202e", "ユーザー", "😀", " ", "\t", ":", ",", ";", "=",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [.. Enumerable.Repeat((byte)'A', 5_000)], [.. Enumerable.Repeat((byte)'[', 3_000)], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ];

    private static readonly string[] s_names =
        ["input", "userId", "sessionId", "metadata", "responseTone", "memory", "startAt", "from", "visit", "outcome", "reason", "payload", "arguments", "signalId", "", "__proto__", "$type", "$ref"];

    private readonly Random _random = new(seed);

    public bool Chance(double part) => _random.NextDouble() < part;

    public int Next(int below) => _random.Next(below);

    public T Any<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    public byte[] Awkward() => Any(s_awkward);

    /// <summary>Changes a few places of good input.</summary>
    public byte[] Mutate(byte[] good, int from = 0)
    {
        var bytes = new List<byte>(good);
        for (var times = 1 + _random.Next(4); times > 0; times--)
        {
            var at = from + _random.Next(Math.Max(1, bytes.Count - from + 1));
            if (at >= bytes.Count)
            {
                bytes.AddRange(Awkward());
                continue;
            }

            var length = Math.Min(1 + _random.Next(16), bytes.Count - at);
            switch (_random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
                case 1: bytes[at] = (byte)_random.Next(256); break;
                case 2: bytes.InsertRange(at, Awkward()); break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>JSON of any shape, now and then not quite.</summary>
    public byte[] Json()
    {
        var text = new StringBuilder();
        if (Chance(0.02)) text.Append('[', 1 + _random.Next(4_000));
        Value(text, 0);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return Chance(0.4) ? Mutate(bytes) : bytes;
    }

    private void Value(StringBuilder text, int depth)
    {
        switch (_random.Next(depth > 6 ? 5 : 8))
        {
            case 0: text.Append(Any(["null", "true", "false", "0", "-1", "1e400", "9223372036854775808", "0.1", "2026-11-21", "NaN"])); break;
            case 1: text.Append(_random.NextInt64()); break;
            case 2 or 3: Text(text); break;
            case 4: text.Append("\"\\ud800\""); break;
            case 5: List(text, '[', ']', depth, named: false); break;
            default: List(text, '{', '}', depth, named: true); break;
        }
    }

    private void List(StringBuilder text, char open, char close, int depth, bool named)
    {
        text.Append(open);
        for (var left = _random.Next(5); left > 0; left--)
        {
            if (named) text.Append('"').Append(Any(s_names)).Append("\":");
            Value(text, depth + 1);
            if (left > 1) text.Append(',');
        }

        text.Append(close);
    }

    private void Text(StringBuilder text)
    {
        text.Append('"');
        for (var left = _random.Next(20); left > 0; left--) text.Append((char)(Chance(0.9) ? ' ' + 2 + _random.Next(57) : _random.Next(0xd800)));
        text.Append('"');
    }
}
