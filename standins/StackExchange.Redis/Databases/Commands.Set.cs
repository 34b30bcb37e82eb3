namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<bool> SetAddAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("SADD", [key.Value, value], ReplyReaders.Boolean, flags);

    public Task<long> SetAddAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Length == 0 ? Task.FromResult(0L) : Send("SADD", [key.Value, .. values], ReplyReaders.Int64, flags);
    }

    public Task<long> SetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None) =>
        SetCombineAndStoreAsync(operation, destination, [first, second], flags);

    public Task<long> SetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Send($"S{Name(operation)}STORE", [destination.Value, .. Values(keys)], ReplyReaders.Int64, flags);

    public Task<RedisValue[]> SetCombineAsync(
        SetOperation operation, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None) =>
        SetCombineAsync(operation, [first, second], flags);

    public Task<RedisValue[]> SetCombineAsync(SetOperation operation, RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Send($"S{Name(operation)}", Values(keys), ReplyReaders.Values, flags, []);

    public Task<bool> SetContainsAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("SISMEMBER", [key.Value, value], ReplyReaders.Boolean, flags);

    public Task<bool[]> SetContainsAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Length == 0
            ? Task.FromResult(Array.Empty<bool>())
            : Send("SMISMEMBER", [key.Value, .. values], ReplyReaders.Booleans, flags, []);
    }

    public Task<long> SetIntersectionLengthAsync(RedisKey[] keys, long limit = 0, CommandFlags flags = CommandFlags.None) =>
        Send("SINTERCARD", [keys.Length, .. Values(keys), .. limit > 0 ? (RedisValue[])["LIMIT", limit] : []], ReplyReaders.Int64, flags);

    public Task<long> SetLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("SCARD", [key.Value], ReplyReaders.Int64, flags);

    public Task<RedisValue[]> SetMembersAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("SMEMBERS", [key.Value], ReplyReaders.Values, flags, []);

    public Task<bool> SetMoveAsync(RedisKey source, RedisKey destination, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("SMOVE", [source.Value, destination.Value, value], ReplyReaders.Boolean, flags);

    public Task<RedisValue> SetPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("SPOP", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue[]> SetPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        count == 0 ? Task.FromResult(Array.Empty<RedisValue>()) : Send("SPOP", [key.Value, count], ReplyReaders.Values, flags, []);

    public Task<RedisValue> SetRandomMemberAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("SRANDMEMBER", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue[]> SetRandomMembersAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Send("SRANDMEMBER", [key.Value, count], ReplyReaders.Values, flags, []);

    public Task<bool> SetRemoveAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("SREM", [key.Value, value], ReplyReaders.Boolean, flags);

    public Task<long> SetRemoveAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Length == 0 ? Task.FromResult(0L) : Send("SREM", [key.Value, .. values], ReplyReaders.Int64, flags);
    }

    public IAsyncEnumerable<RedisValue> SetScanAsync(
        RedisKey key,
        RedisValue pattern = default,
        int pageSize = 250,
        long cursor = 0,
        int pageOffset = 0,
        CommandFlags flags = CommandFlags.None) =>
        ScanAsync("SSCAN", [key.Value], pattern, pageSize, cursor, pageOffset, ReplyReaders.Values, flags);

    private static string Name(SetOperation operation) => operation switch
    {
        SetOperation.Union => "UNION",
        SetOperation.Intersect => "INTER",
        SetOperation.Difference => "DIFF",
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };
}
