namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<RedisValue> ListGetByIndexAsync(RedisKey key, long index, CommandFlags flags = CommandFlags.None) =>
        Send("LINDEX", [key.Value, index], ReplyReaders.Value, flags);

    public Task<RedisValue> ListLeftPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("LPOP", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue[]> ListLeftPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Send("LPOP", [key.Value, count], ReplyReaders.Values, flags, []);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Push("LPUSH", key, [value], when, flags);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        Push("LPUSH", key, values, When.Always, flags);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Push("LPUSH", key, values, when, flags);

    public Task<long> ListLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("LLEN", [key.Value], ReplyReaders.Int64, flags);

    public Task<RedisValue> ListMoveAsync(
        RedisKey sourceKey, RedisKey destinationKey, ListSide sourceSide, ListSide destinationSide, CommandFlags flags = CommandFlags.None) =>
        Send("LMOVE", [sourceKey.Value, destinationKey.Value, Token(sourceSide), Token(destinationSide)], ReplyReaders.Value, flags);

    public Task<RedisValue[]> ListRangeAsync(RedisKey key, long start = 0, long stop = -1, CommandFlags flags = CommandFlags.None) =>
        Send("LRANGE", [key.Value, start, stop], ReplyReaders.Values, flags, []);

    public Task<long> ListRemoveAsync(RedisKey key, RedisValue value, long count = 0, CommandFlags flags = CommandFlags.None) =>
        Send("LREM", [key.Value, count, value], ReplyReaders.Int64, flags);

    public Task<RedisValue> ListRightPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("RPOP", [key.Value], ReplyReaders.Value, flags);

    public Task<RedisValue[]> ListRightPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Send("RPOP", [key.Value, count], ReplyReaders.Values, flags, []);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Push("RPUSH", key, [value], when, flags);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        Push("RPUSH", key, values, When.Always, flags);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Push("RPUSH", key, values, when, flags);

    public Task ListSetByIndexAsync(RedisKey key, long index, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Send("LSET", [key.Value, index, value], ReplyReaders.Ok, flags);

    public Task ListTrimAsync(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None) =>
        Send("LTRIM", [key.Value, start, stop], ReplyReaders.Ok, flags);

    private Task<long> Push(string command, RedisKey key, RedisValue[] values, When when, CommandFlags flags)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length == 0) return ListLengthAsync(key, flags);
        return when switch
        {
            When.Always => Send(command, [key.Value, .. values], ReplyReaders.Int64, flags),
            When.Exists => Send(command + "X", [key.Value, .. values], ReplyReaders.Int64, flags),
            _ => throw new ArgumentException($"{when} is not valid in this context; the permitted values are: Always, Exists", nameof(when)),
        };
    }

    private static RedisValue Token(ListSide side) => side == ListSide.Left ? "LEFT" : "RIGHT";
}
