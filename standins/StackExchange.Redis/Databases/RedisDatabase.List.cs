namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public RedisValue ListGetByIndex(RedisKey key, long index, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListGetByIndexAsync(key, index, flags), nameof(ListGetByIndex));

    public RedisValue[] ListLeftPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListLeftPopAsync(key, count, flags), nameof(ListLeftPop));

    public RedisValue ListLeftPop(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListLeftPopAsync(key, flags), nameof(ListLeftPop));

    public long ListLeftPush(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListLeftPushAsync(key, value, when, flags), nameof(ListLeftPush));

    public long ListLeftPush(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        Connection.WaitFor(ListLeftPushAsync(key, values, flags), nameof(ListLeftPush));

    public long ListLeftPush(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListLeftPushAsync(key, values, when, flags), nameof(ListLeftPush));

    public long ListLength(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListLengthAsync(key, flags), nameof(ListLength));

    public RedisValue ListMove(RedisKey sourceKey, RedisKey destinationKey, ListSide sourceSide, ListSide destinationSide, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListMoveAsync(sourceKey, destinationKey, sourceSide, destinationSide, flags), nameof(ListMove));

    public RedisValue[] ListRange(RedisKey key, long start = 0, long stop = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRangeAsync(key, start, stop, flags), nameof(ListRange));

    public long ListRemove(RedisKey key, RedisValue value, long count = 0, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRemoveAsync(key, value, count, flags), nameof(ListRemove));

    public RedisValue[] ListRightPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRightPopAsync(key, count, flags), nameof(ListRightPop));

    public RedisValue ListRightPop(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRightPopAsync(key, flags), nameof(ListRightPop));

    public long ListRightPush(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRightPushAsync(key, value, when, flags), nameof(ListRightPush));

    public long ListRightPush(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        Connection.WaitFor(ListRightPushAsync(key, values, flags), nameof(ListRightPush));

    public long ListRightPush(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListRightPushAsync(key, values, when, flags), nameof(ListRightPush));

    public void ListSetByIndex(RedisKey key, long index, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListSetByIndexAsync(key, index, value, flags), nameof(ListSetByIndex));

    public void ListTrim(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ListTrimAsync(key, start, stop, flags), nameof(ListTrim));
}
