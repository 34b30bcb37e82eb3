namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<bool> LockTakeAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None)
    {
        if (value.IsNull) throw new ArgumentNullException(nameof(value));
        return StringSetAsync(key, value, expiry, When.NotExists, flags);
    }

    public Task<RedisValue> LockQueryAsync(RedisKey key, CommandFlags flags = CommandFlags.None) => StringGetAsync(key, flags);

    public Task<bool> LockExtendAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None) =>
        IfLockedAsync(key, value, transaction => transaction.KeyExpireAsync(key, expiry), flags);

    public Task<bool> LockReleaseAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        IfLockedAsync(key, value, transaction => transaction.KeyDeleteAsync(key), flags);

    private Task<bool> IfLockedAsync(RedisKey key, RedisValue value, Func<ITransaction, Task<bool>> action, CommandFlags flags)
    {
        if (this is not RedisDatabase database) throw new NotSupportedException("A lock is released or extended by a transaction of its own.");
        if (value.IsNull) throw new ArgumentNullException(nameof(value));
        var transaction = database.CreateTransaction();
        transaction.AddCondition(Condition.StringEqual(key, value));
        _ = action(transaction);
        return transaction.ExecuteAsync(flags);
    }
}
