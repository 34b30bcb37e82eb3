namespace StackExchange.Redis;

public partial interface IDatabase
{
    double HashDecrement(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None);

    long HashDecrement(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None);

    bool HashDelete(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None);

    long HashDelete(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None);

    bool HashExists(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None);

    RedisValue HashGet(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None);

    RedisValue[] HashGet(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None);

    HashEntry[] HashGetAll(RedisKey key, CommandFlags flags = CommandFlags.None);

    double HashIncrement(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None);

    long HashIncrement(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None);

    RedisValue[] HashKeys(RedisKey key, CommandFlags flags = CommandFlags.None);

    long HashLength(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue HashRandomField(RedisKey key, CommandFlags flags = CommandFlags.None);

    void HashSet(RedisKey key, HashEntry[] hashFields, CommandFlags flags = CommandFlags.None);

    bool HashSet(RedisKey key, RedisValue hashField, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None);

    long HashStringLength(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None);

    RedisValue[] HashValues(RedisKey key, CommandFlags flags = CommandFlags.None);
}
