namespace StackExchange.Redis;

public partial interface IDatabase
{
    bool KeyDelete(RedisKey key, CommandFlags flags = CommandFlags.None);

    long KeyDelete(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    bool KeyExists(RedisKey key, CommandFlags flags = CommandFlags.None);

    long KeyExists(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    bool KeyExpire(RedisKey key, DateTime? expiry, CommandFlags flags);

    bool KeyExpire(RedisKey key, DateTime? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None);

    bool KeyExpire(RedisKey key, TimeSpan? expiry, CommandFlags flags);

    bool KeyExpire(RedisKey key, TimeSpan? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None);

    DateTime? KeyExpireTime(RedisKey key, CommandFlags flags = CommandFlags.None);

    TimeSpan? KeyIdleTime(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool KeyPersist(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool KeyRename(RedisKey key, RedisKey newKey, When when = When.Always, CommandFlags flags = CommandFlags.None);

    TimeSpan? KeyTimeToLive(RedisKey key, CommandFlags flags = CommandFlags.None);

    bool KeyTouch(RedisKey key, CommandFlags flags = CommandFlags.None);

    long KeyTouch(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    RedisType KeyType(RedisKey key, CommandFlags flags = CommandFlags.None);
}
