namespace StackExchange.Redis;

public partial interface IDatabase
{
    bool LockExtend(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None);

    RedisValue LockQuery(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool LockRelease(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    bool LockTake(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None);
}
