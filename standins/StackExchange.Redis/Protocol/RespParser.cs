using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace StackExchange.Redis;

/// <summary>
/// Reads RESP2 and RESP3 replies from bytes as they arrive. What it has read it keeps, so a reply is walked once however
/// many pieces it comes in.
/// </summary>
internal sealed class RespParser
{
    private const int MaxLength = 512 * 1024 * 1024;

    private readonly Stack<OpenList> _open = new();
    private byte[]? _bulk;
    private int _bulkFilled;
    private ResultType _bulkType;

    /// <summary>Takes the next whole reply from <paramref name="buffer"/>, or takes what there is of it and answers false.</summary>
    public bool TryRead(ref SequenceReader<byte> buffer, out RespReply reply)
    {
        while (TryReadElement(ref buffer, out reply, out var opened))
        {
            if (opened) continue;
            if (TryClose(ref reply)) return true;
        }

        reply = default;
        return false;
    }

    private bool TryReadElement(ref SequenceReader<byte> buffer, out RespReply reply, out bool opened)
    {
        reply = default;
        opened = false;
        if (_bulk is not null) return TryFillBulk(ref buffer, out reply);
        if (!buffer.TryReadTo(out ReadOnlySpan<byte> line, "\r\n"u8)) return false;
        if (line.IsEmpty) throw Malformed("an empty line");

        var body = line[1..];
        switch ((char)line[0])
        {
            case '+':
                reply = RespReply.Bytes(ResultType.SimpleString, body.ToArray());
                return true;
            case '-':
                reply = RespReply.Bytes(ResultType.Error, body.ToArray());
                return true;
            case ':':
                reply = RespReply.Integer(Number(body));
                return true;
            case '$': return Bulk(ref buffer, ResultType.BulkString, body, out reply);
            case '*': return Open(ResultType.Array, body, 1, out reply, out opened);
            case '_':
                reply = RespReply.Null(ofArray: false);
                return true;
            case ',':
                reply = RespReply.Bytes(ResultType.Double, body.ToArray());
                return true;
            case '#':
                reply = RespReply.Boolean(body.SequenceEqual("t"u8));
                return true;
            case '(':
                reply = RespReply.Bytes(ResultType.BigInteger, body.ToArray());
                return true;
            case '!': return Bulk(ref buffer, ResultType.BlobError, body, out reply);
            case '=': return Bulk(ref buffer, ResultType.VerbatimString, body, out reply);
            case '%': return Open(ResultType.Map, body, 2, out reply, out opened);
            case '~': return Open(ResultType.Set, body, 1, out reply, out opened);
            case '|': return Open(ResultType.Attribute, body, 2, out reply, out opened);
            case '>': return Open(ResultType.Push, body, 1, out reply, out opened);
            default: throw Malformed($"a reply that starts with '{(char)line[0]}'");
        }
    }

    private bool Bulk(ref SequenceReader<byte> buffer, ResultType type, ReadOnlySpan<byte> header, out RespReply reply)
    {
        var length = Number(header);
        if (length < 0)
        {
            reply = RespReply.Null(ofArray: false);
            return true;
        }

        if (length > MaxLength) throw Malformed($"a string of {length} bytes");
        _bulk = length == 0 ? [] : GC.AllocateUninitializedArray<byte>((int)length);
        _bulkFilled = 0;
        _bulkType = type;
        return TryFillBulk(ref buffer, out reply);
    }

    private bool TryFillBulk(ref SequenceReader<byte> buffer, out RespReply reply)
    {
        reply = default;
        var bulk = _bulk!;
        var take = (int)Math.Min(bulk.Length - _bulkFilled, buffer.Remaining);
        if (take > 0)
        {
            buffer.TryCopyTo(bulk.AsSpan(_bulkFilled, take));
            buffer.Advance(take);
            _bulkFilled += take;
        }

        if (_bulkFilled < bulk.Length || buffer.Remaining < 2) return false;
        if (!buffer.IsNext("\r\n"u8, advancePast: true)) throw Malformed("a string that is longer than it says");
        _bulk = null;
        // A verbatim string starts with its format, as in "txt:".
        reply = RespReply.Bytes(_bulkType, _bulkType == ResultType.VerbatimString && bulk.Length >= 4 ? bulk[4..] : bulk);
        return true;
    }

    private bool Open(ResultType type, ReadOnlySpan<byte> header, int factor, out RespReply reply, out bool opened)
    {
        reply = default;
        opened = false;
        var length = Number(header) * factor;
        if (length < 0)
        {
            reply = RespReply.Null(ofArray: true);
            return true;
        }

        if (length > MaxLength) throw Malformed($"{length} replies in one");
        if (length > 0 || type == ResultType.Attribute)
        {
            _open.Push(new OpenList(type, (int)length));
            opened = length > 0;
            if (!opened) _open.Pop();
            opened = true;
            return true;
        }

        reply = RespReply.List(type, []);
        return true;
    }

    // Puts a finished element in its place; true when that finishes the reply itself.
    private bool TryClose(ref RespReply reply)
    {
        while (_open.TryPeek(out var list))
        {
            list.Items[list.Filled++] = reply;
            if (list.Filled < list.Items.Length) return false;
            _open.Pop();
            // Attributes say something about the reply that follows; nobody here asks.
            if (list.Type == ResultType.Attribute) return false;
            reply = RespReply.List(list.Type, list.Items);
        }

        return true;
    }

    private static long Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out var read) && read == text.Length
            ? value
            : throw Malformed($"'{Encoding.UTF8.GetString(text)}' where a number was awaited");

    private static RedisConnectionException Malformed(string what) =>
        new(ConnectionFailureType.ProtocolFailure, $"The server sent {what}.");

    private sealed class OpenList(ResultType type, int length)
    {
        public ResultType Type { get; } = type;

        public RespReply[] Items { get; } = new RespReply[length];

        public int Filled { get; set; }
    }
}
