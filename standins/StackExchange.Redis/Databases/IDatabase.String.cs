namespace StackExchange.Redis;

public partial interface IDatabase
{
    long StringAppend(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    double StringDecrement(RedisKey key, double value, CommandFlags flags = CommandFlags.None);

    long StringDecrement(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None);

    RedisValue StringGet(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue[] StringGet(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    RedisValue StringGetDelete(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue StringGetRange(RedisKey key, long start, long end, CommandFlags flags = CommandFlags.None);

    RedisValue StringGetSet(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    RedisValue StringGetSetExpiry(RedisKey key, TimeSpan? expiry, CommandFlags flags = CommandFlags.None);

    RedisValue StringGetSetExpiry(RedisKey key, DateTime expiry, CommandFlags flags = CommandFlags.None);

    RedisValueWithExpiry StringGetWithExpiry(RedisKey key, CommandFlags flags = CommandFlags.None);

    double StringIncrement(RedisKey key, double value, CommandFlags flags = CommandFlags.None);

    long StringIncrement(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None);

    long StringLength(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, When when);

    bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags);

    bool StringSet(KeyValuePair<RedisKey, RedisValue>[] values, When when, CommandFlags flags);

    bool StringSet(KeyValuePair<RedisKey, RedisValue>[] values, When when = When.Always, Expiration expiry = default, CommandFlags flags = CommandFlags.None);

    bool StringSet(RedisKey key, RedisValue value, Expiration expiry = default, ValueCondition when = default, CommandFlags flags = CommandFlags.None);

    bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when = When.Always, CommandFlags flags = CommandFlags.None);

    RedisValue StringSetAndGet(RedisKey key, RedisValue value, TimeSpan? expiry = null, bool keepTtl = false, When when = When.Always, CommandFlags flags = CommandFlags.None);

    RedisValue StringSetAndGet(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags);

    RedisValue StringSetRange(RedisKey key, long offset, RedisValue value, CommandFlags flags = CommandFlags.None);
}
