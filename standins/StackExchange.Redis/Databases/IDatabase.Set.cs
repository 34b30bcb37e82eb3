namespace StackExchange.Redis;

public partial interface IDatabase
{
    bool SetAdd(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    long SetAdd(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    RedisValue[] SetCombine(SetOperation operation, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None);

    RedisValue[] SetCombine(SetOperation operation, RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    long SetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None);

    long SetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    bool SetContains(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    bool[] SetContains(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    long SetIntersectionLength(RedisKey[] keys, long limit = 0, CommandFlags flags = CommandFlags.None);

    long SetLength(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue[] SetMembers(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool SetMove(RedisKey source, RedisKey destination, RedisValue value, CommandFlags flags = CommandFlags.None);

    RedisValue[] SetPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    RedisValue SetPop(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue SetRandomMember(RedisKey key, CommandFlags flags = CommandFlags.None);

    RedisValue[] SetRandomMembers(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    bool SetRemove(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    long SetRemove(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);
}
