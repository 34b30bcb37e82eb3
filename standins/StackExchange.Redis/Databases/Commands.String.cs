namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<long> StringAppendAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("APPEND", [key.Value, value], ReplyReaders.Int64, flags);

    public Task<long> StringDecrementAsync(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None) =>
        StringIncrementAsync(key, -value, flags);

    public Task<double> StringDecrementAsync(RedisKey key, double value, CommandFlags flags = CommandFlags.None) =>
        StringIncrementAsync(key, -value, flags);

    public Task<RedisValue> StringGetAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("GET", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue[]> StringGetAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Values(keys) is { Length: > 0 } values
            ? Send("MGET", values, ReplyReaders.Values, flags, [])
            : Task.FromResult(Array.Empty<RedisValue>());

    public Task<RedisValue> StringGetDeleteAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("GETDEL", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue> StringGetRangeAsync(RedisKey key, long start, long end, CommandFlags flags = CommandFlags.None) =>
        Send("GETRANGE", [key.Value, start, end], ReplyReaders.Value, flags);

    public Task<RedisValue> StringGetSetAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) => value.IsNull
        ? StringGetDeleteAsync(key, flags)
        : Send("GETSET", [key.Value, value], ReplyReaders.Value, flags);

    public Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags = CommandFlags.None) =>
        Send("GETEX", [key.Value, .. (expiry is { } ttl ? new Expiration(ttl) : Expiration.Persist).Arguments], ReplyReaders.Value, flags);

    public Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, DateTime expiry, CommandFlags flags = CommandFlags.None) =>
        Send(
            "GETEX",
            [key.Value, .. (expiry == DateTime.MaxValue ? Expiration.Persist : new Expiration(expiry)).Arguments],
            ReplyReaders.Value,
            flags);

    public async Task<RedisValueWithExpiry> StringGetWithExpiryAsync(RedisKey key, CommandFlags flags = CommandFlags.None)
    {
        var timeToLive = KeyTimeToLiveAsync(key, flags);
        var value = StringGetAsync(key, flags);
        return new RedisValueWithExpiry(await value, await timeToLive);
    }

    public Task<long> StringIncrementAsync(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Send("INCRBY", [key.Value, value], ReplyReaders.Int64, flags);

    public Task<double> StringIncrementAsync(RedisKey key, double value, CommandFlags flags = CommandFlags.None) =>
        Send("INCRBYFLOAT", [key.Value, value], ReplyReaders.Double, flags);

    public Task<long> StringLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("STRLEN", [key.Value], ReplyReaders.Int64, flags);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when) =>
        StringSetAsync(key, value, expiry, keepTtl: false, when);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        StringSetAsync(key, value, expiry, keepTtl: false, when, flags);

    public Task<bool> StringSetAsync(
        RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        StringSetAsync(key, value, Expiration.Create(expiry, keepTtl), (ValueCondition)when, flags);

    public Task<bool> StringSetAsync(
        RedisKey key, RedisValue value, Expiration expiry = default, ValueCondition when = default, CommandFlags flags = CommandFlags.None)
    {
        if (value.IsNull) return KeyDeleteAsync(key, flags);
        if (expiry.IsPersist) throw new NotSupportedException("SET+PERSIST is not supported");
        return Send("SET", [key.Value, value, .. expiry.Arguments, .. Token(when.When)], ReplyReaders.Boolean, flags);
    }

    public Task<bool> StringSetAsync(KeyValuePair<RedisKey, RedisValue>[] values, When when, CommandFlags flags) =>
        StringSetAsync(values, when, Expiration.Default, flags);

    public Task<bool> StringSetAsync(
        KeyValuePair<RedisKey, RedisValue>[] values, When when = When.Always, Expiration expiry = default, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length == 0) return Task.FromResult(false);
        RedisValue[] pairs = [.. values.SelectMany(pair => (RedisValue[])[pair.Key.Value, pair.Value])];
        return (expiry.Arguments.Length, when) switch
        {
            (0, When.Always) => Send("MSET", pairs, ReplyReaders.Boolean, flags),
            (0, When.NotExists) => Send("MSETNX", pairs, ReplyReaders.Boolean, flags),
            _ => Send("MSETEX", [values.Length, .. pairs, .. Token(when), .. expiry.Arguments], ReplyReaders.Boolean, flags),
        };
    }

    public Task<RedisValue> StringSetAndGetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        StringSetAndGetAsync(key, value, expiry, keepTtl: false, when, flags);

    public Task<RedisValue> StringSetAndGetAsync(
        RedisKey key,
        RedisValue value,
        TimeSpan? expiry = null,
        bool keepTtl = false,
        When when = When.Always,
        CommandFlags flags = CommandFlags.None) => value.IsNull
            ? StringGetDeleteAsync(key, flags)
            : Send("SET", [key.Value, value, .. Expiration.Create(expiry, keepTtl).Arguments, .. Token(when), "GET"], ReplyReaders.Value, flags);

    public Task<RedisValue> StringSetRangeAsync(RedisKey key, long offset, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("SETRANGE", [key.Value, offset, value], ReplyReaders.Value, flags);

    private static RedisValue[] Token(When when) => when switch
    {
        When.Always => [],
        When.Exists => ["XX"],
        When.NotExists => ["NX"],
        _ => throw new ArgumentOutOfRangeException(nameof(when)),
    };
}
