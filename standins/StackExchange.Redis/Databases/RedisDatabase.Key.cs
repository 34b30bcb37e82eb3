namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public bool KeyDelete(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyDeleteAsync(key, flags), nameof(KeyDelete));

    public long KeyDelete(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyDeleteAsync(keys, flags), nameof(KeyDelete));

    public bool KeyExists(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyExistsAsync(key, flags), nameof(KeyExists));

    public long KeyExists(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyExistsAsync(keys, flags), nameof(KeyExists));

    public bool KeyExpire(RedisKey key, DateTime? expiry, CommandFlags flags) =>
        Connection.WaitFor(KeyExpireAsync(key, expiry, flags), nameof(KeyExpire));

    public bool KeyExpire(RedisKey key, DateTime? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyExpireAsync(key, expiry, when, flags), nameof(KeyExpire));

    public bool KeyExpire(RedisKey key, TimeSpan? expiry, CommandFlags flags) =>
        Connection.WaitFor(KeyExpireAsync(key, expiry, flags), nameof(KeyExpire));

    public bool KeyExpire(RedisKey key, TimeSpan? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyExpireAsync(key, expiry, when, flags), nameof(KeyExpire));

    public DateTime? KeyExpireTime(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyExpireTimeAsync(key, flags), nameof(KeyExpireTime));

    public TimeSpan? KeyIdleTime(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyIdleTimeAsync(key, flags), nameof(KeyIdleTime));

    public bool KeyPersist(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyPersistAsync(key, flags), nameof(KeyPersist));

    public bool KeyRename(RedisKey key, RedisKey newKey, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyRenameAsync(key, newKey, when, flags), nameof(KeyRename));

    public TimeSpan? KeyTimeToLive(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyTimeToLiveAsync(key, flags), nameof(KeyTimeToLive));

    public bool KeyTouch(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyTouchAsync(key, flags), nameof(KeyTouch));

    public long KeyTouch(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyTouchAsync(keys, flags), nameof(KeyTouch));

    public RedisType KeyType(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(KeyTypeAsync(key, flags), nameof(KeyType));
}
