namespace StackExchange.Redis;

/// <summary>A reply of any shape: a value, an error, or replies in a row.</summary>
public abstract partial class RedisResult
{
    /// <summary>The type as RESP2 would send it.</summary>
    public ResultType Resp2Type => Resp3Type switch
    {
        ResultType.Null => Items is null && this is ArrayResult ? ResultType.Array : ResultType.BulkString,
        ResultType.Map or ResultType.Set or ResultType.Push => ResultType.Array,
        ResultType.Boolean => ResultType.Integer,
        ResultType.Double or ResultType.VerbatimString => ResultType.BulkString,
        ResultType.BigInteger => ResultType.SimpleString,
        ResultType.BlobError => ResultType.Error,
        var type => type,
    };

    public ResultType Resp3Type { get; private init; }

    public abstract bool IsNull { get; }

    public virtual int Length => -1;

    public virtual RedisResult this[int index] => throw new InvalidOperationException("Indexers can only be used on array results");

    protected private virtual RedisResult[]? Items => null;

    public static RedisResult Create(RedisValue value, ResultType? resultType = null) =>
        new ValueResult(value)
        {
            Resp3Type = resultType ?? (value.IsNull ? ResultType.Null : value.IsInteger ? ResultType.Integer : ResultType.BulkString),
        };

    public static RedisResult Create(RedisKey key) => Create(key.Value, ResultType.BulkString);

    public static RedisResult Create(RedisValue[] values) => Create(values, ResultType.Array);

    public static RedisResult Create(RedisValue[] values, ResultType resultType) =>
        Create(values is null ? null! : Array.ConvertAll(values, value => Create(value)), resultType);

    public static RedisResult Create(RedisResult[] values) => Create(values, ResultType.Array);

    public static RedisResult Create(RedisResult[] values, ResultType resultType) => new ArrayResult(values) { Resp3Type = resultType };

    /// <summary>Reads names and values in turn.</summary>
    public Dictionary<string, RedisResult> ToDictionary(IEqualityComparer<string>? comparer = null)
    {
        var items = Items ?? throw new InvalidCastException($"A {Resp3Type} is no list of names and values.");
        var dictionary = new Dictionary<string, RedisResult>(comparer ?? StringComparer.InvariantCultureIgnoreCase);
        for (var i = 0; i + 1 < items.Length; i += 2) dictionary.Add((string)items[i]!, items[i + 1]);
        return dictionary;
    }

    internal static RedisResult From(in RespReply reply) => reply.Type switch
    {
        ResultType.Error or ResultType.BlobError => new ErrorResult(reply.Text) { Resp3Type = reply.Type },
        ResultType.Array or ResultType.Map or ResultType.Set or ResultType.Push =>
            new ArrayResult(Array.ConvertAll(reply.Items, item => From(item))) { Resp3Type = reply.Type },
        ResultType.Null => reply.IsNullArray
            ? new ArrayResult(null) { Resp3Type = ResultType.Null }
            : new ValueResult(RedisValue.Null) { Resp3Type = ResultType.Null },
        _ => new ValueResult(reply.Value) { Resp3Type = reply.Type },
    };

    // An array of one converts to a value as that one would.
    protected private virtual RedisValue Single() => throw new InvalidCastException($"A {Resp3Type} is no single value.");

    private sealed class ValueResult(RedisValue value) : RedisResult
    {
        public override bool IsNull => value.IsNull;

        public override string ToString() => value.ToString();

        protected private override RedisValue Single() => value;
    }

    private sealed class ErrorResult(string message) : RedisResult
    {
        public override bool IsNull => false;

        protected private override RedisResult[]? Items => throw new RedisServerException(message);

        public override string ToString() => message;

        protected private override RedisValue Single() => throw new RedisServerException(message);
    }

    private sealed class ArrayResult(RedisResult[]? items) : RedisResult
    {
        public override bool IsNull => items is null;

        public override int Length => items?.Length ?? -1;

        protected private override RedisResult[]? Items => items;

        public override RedisResult this[int index] => items![index];

        public override string ToString() => items is null ? "(nil)" : $"{items.Length} element(s)";

        protected private override RedisValue Single() => items switch
        {
            null => RedisValue.Null,
            [var only] => only.Single(),
            _ => base.Single(),
        };
    }
}
