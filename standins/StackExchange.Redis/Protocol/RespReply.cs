using System.Text;

namespace StackExchange.Redis;

/// <summary>One reply, read whole. The payload is a number, bytes, or replies in a row.</summary>
internal readonly struct RespReply
{
    private readonly long _integer;
    private readonly object? _payload;

    private RespReply(ResultType type, long integer, object? payload)
    {
        Type = type;
        _integer = integer;
        _payload = payload;
    }

    public ResultType Type { get; }

    public bool IsError => Type is ResultType.Error or ResultType.BlobError;

    public bool IsNull => Type == ResultType.Null;

    public bool IsNullArray => IsNull && _integer != 0;

    public bool IsOk => _payload is byte[] bytes && bytes.AsSpan().SequenceEqual("OK"u8);

    public RespReply[] Items => _payload as RespReply[] ?? [];

    public bool IsArray => _payload is RespReply[];

    public string Text => Value.ToString();

    public RedisValue Value => Type switch
    {
        ResultType.Integer or ResultType.Boolean => _integer,
        _ when _payload is byte[] bytes => bytes,
        _ when _payload is RespReply[] => throw new RedisException($"Unexpected response: {Type} where a value was awaited."),
        _ => RedisValue.Null,
    };

    public static RespReply Integer(long value) => new(ResultType.Integer, value, null);

    public static RespReply Boolean(bool value) => new(ResultType.Boolean, value ? 1 : 0, null);

    public static RespReply Bytes(ResultType type, byte[] bytes) => new(type, 0, bytes);

    public static RespReply List(ResultType type, RespReply[] items) => new(type, 0, items);

    public static RespReply Null(bool ofArray) => new(ResultType.Null, ofArray ? 1 : 0, null);

    public bool Is(ReadOnlySpan<byte> text) => _payload is byte[] bytes && bytes.AsSpan().SequenceEqual(text);

    public override string ToString() => IsArray ? $"{Type}[{Items.Length}]" : $"{Type}: {Text}";
}
