namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public double HashDecrement(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashDecrementAsync(key, hashField, value, flags), nameof(HashDecrement));

    public long HashDecrement(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashDecrementAsync(key, hashField, value, flags), nameof(HashDecrement));

    public bool HashDelete(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashDeleteAsync(key, hashField, flags), nameof(HashDelete));

    public long HashDelete(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashDeleteAsync(key, hashFields, flags), nameof(HashDelete));

    public bool HashExists(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashExistsAsync(key, hashField, flags), nameof(HashExists));

    public RedisValue HashGet(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashGetAsync(key, hashField, flags), nameof(HashGet));

    public RedisValue[] HashGet(RedisKey key, RedisValue[] hashFields, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashGetAsync(key, hashFields, flags), nameof(HashGet));

    public HashEntry[] HashGetAll(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashGetAllAsync(key, flags), nameof(HashGetAll));

    public double HashIncrement(RedisKey key, RedisValue hashField, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashIncrementAsync(key, hashField, value, flags), nameof(HashIncrement));

    public long HashIncrement(RedisKey key, RedisValue hashField, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashIncrementAsync(key, hashField, value, flags), nameof(HashIncrement));

    public RedisValue[] HashKeys(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashKeysAsync(key, flags), nameof(HashKeys));

    public long HashLength(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashLengthAsync(key, flags), nameof(HashLength));

    public RedisValue HashRandomField(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashRandomFieldAsync(key, flags), nameof(HashRandomField));

    public void HashSet(RedisKey key, HashEntry[] hashFields, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashSetAsync(key, hashFields, flags), nameof(HashSet));

    public bool HashSet(RedisKey key, RedisValue hashField, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashSetAsync(key, hashField, value, when, flags), nameof(HashSet));

    public long HashStringLength(RedisKey key, RedisValue hashField, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashStringLengthAsync(key, hashField, flags), nameof(HashStringLength));

    public RedisValue[] HashValues(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(HashValuesAsync(key, flags), nameof(HashValues));
}
