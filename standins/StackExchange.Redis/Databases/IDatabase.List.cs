namespace StackExchange.Redis;

public partial interface IDatabase
{
    RedisValue ListGetByIndex(RedisKey key, long index, CommandFlags flags = CommandFlags.None);

    RedisValue[] ListLeftPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    RedisValue ListLeftPop(RedisKey key, CommandFlags flags = CommandFlags.None);

    long ListLeftPush(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None);

    long ListLeftPush(RedisKey key, RedisValue[] values, CommandFlags flags);

    long ListLeftPush(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None);

    long ListLength(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue ListMove(RedisKey sourceKey, RedisKey destinationKey, ListSide sourceSide, ListSide destinationSide, CommandFlags flags = CommandFlags.None);

    RedisValue[] ListRange(RedisKey key, long start = 0, long stop = -1, CommandFlags flags = CommandFlags.None);

    long ListRemove(RedisKey key, RedisValue value, long count = 0, CommandFlags flags = CommandFlags.None);

    RedisValue[] ListRightPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    RedisValue ListRightPop(RedisKey key, CommandFlags flags = CommandFlags.None);

    long ListRightPush(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None);

    long ListRightPush(RedisKey key, RedisValue[] values, CommandFlags flags);

    long ListRightPush(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None);

    void ListSetByIndex(RedisKey key, long index, RedisValue value, CommandFlags flags = CommandFlags.None);

    void ListTrim(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None);
}
