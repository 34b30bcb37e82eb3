namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public bool LockExtend(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(LockExtendAsync(key, value, expiry, flags), nameof(LockExtend));

    public RedisValue LockQuery(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(LockQueryAsync(key, flags), nameof(LockQuery));

    public bool LockRelease(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(LockReleaseAsync(key, value, flags), nameof(LockRelease));

    public bool LockTake(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(LockTakeAsync(key, value, expiry, flags), nameof(LockTake));
}
