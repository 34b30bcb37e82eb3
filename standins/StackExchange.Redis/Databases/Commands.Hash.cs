namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<long> HashDecrementAsync(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None) =>
        HashIncrementAsync(key, hashField, -value, flags);

    public Task<double> HashDecrementAsync(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None) =>
        HashIncrementAsync(key, hashField, -value, flags);

    public Task<bool> HashDeleteAsync(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Send("HDEL", [key.Value, hashField], ReplyReaders.Boolean, flags);

    public Task<long> HashDeleteAsync(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(hashFields);
        return hashFields.Length == 0
            ? Task.FromResult(0L)
            : Send("HDEL", [key.Value, .. hashFields], ReplyReaders.Int64, flags);
    }

    public Task<bool> HashExistsAsync(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Send("HEXISTS", [key.Value, hashField], ReplyReaders.Boolean, flags);

    public Task<HashEntry[]> HashGetAllAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("HGETALL", [key.Value], ReplyReaders.HashEntries, flags, []);

    public Task<RedisValue> HashGetAsync(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Send("HGET", [key.Value, hashField], ReplyReaders.Value, flags);

    public Task<RedisValue[]> HashGetAsync(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(hashFields);
        return hashFields.Length == 0
            ? Task.FromResult(Array.Empty<RedisValue>())
            : Send("HMGET", [key.Value, .. hashFields], ReplyReaders.Values, flags, []);
    }

    public Task<long> HashIncrementAsync(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Send("HINCRBY", [key.Value, hashField, value], ReplyReaders.Int64, flags);

    public Task<double> HashIncrementAsync(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None) =>
        Send("HINCRBYFLOAT", [key.Value, hashField, value], ReplyReaders.Double, flags);

    public Task<RedisValue[]> HashKeysAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("HKEYS", [key.Value], ReplyReaders.Values, flags, []);

    public Task<long> HashLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("HLEN", [key.Value], ReplyReaders.Int64, flags);

    public Task<RedisValue> HashRandomFieldAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("HRANDFIELD", [key.Value], ReplyReaders.Value, flags);

    public IAsyncEnumerable<HashEntry> HashScanAsync(
        RedisKey key,
        RedisValue pattern = default,
        int pageSize = 250,
        long cursor = 0,
        int pageOffset = 0,
        CommandFlags flags = CommandFlags.None) =>
        ScanAsync("HSCAN", [key.Value], pattern, pageSize, cursor, pageOffset, ReplyReaders.HashEntries, flags);

    public Task HashSetAsync(RedisKey key, HashEntry[] hashFields, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(hashFields);
        return hashFields.Length == 0
            ? Task.CompletedTask
            : Send(
                "HSET",
                [key.Value, .. hashFields.SelectMany(entry => (RedisValue[])[entry.Name, entry.Value])],
                ReplyReaders.Int64,
                flags);
    }

    public Task<bool> HashSetAsync(
        RedisKey key, RedisValue hashField, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) => when switch
    {
        _ when value.IsNull => HashDeleteAsync(key, hashField, flags),
        When.Always => Send("HSET", [key.Value, hashField, value], ReplyReaders.Boolean, flags),
        When.NotExists => Send("HSETNX", [key.Value, hashField, value], ReplyReaders.Boolean, flags),
        _ => throw new ArgumentException($"{when} is not valid in this context; the permitted values are: Always, NotExists", nameof(when)),
    };

    public Task<long> HashStringLengthAsync(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Send("HSTRLEN", [key.Value, hashField], ReplyReaders.Int64, flags);

    public Task<RedisValue[]> HashValuesAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("HVALS", [key.Value], ReplyReaders.Values, flags, []);
}
