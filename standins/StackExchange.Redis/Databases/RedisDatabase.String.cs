namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public long StringAppend(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringAppendAsync(key, value, flags), nameof(StringAppend));

    public double StringDecrement(RedisKey key, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringDecrementAsync(key, value, flags), nameof(StringDecrement));

    public long StringDecrement(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringDecrementAsync(key, value, flags), nameof(StringDecrement));

    public RedisValue StringGet(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetAsync(key, flags), nameof(StringGet));

    public RedisValue[] StringGet(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetAsync(keys, flags), nameof(StringGet));

    public RedisValue StringGetDelete(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetDeleteAsync(key, flags), nameof(StringGetDelete));

    public RedisValue StringGetRange(RedisKey key, long start, long end, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetRangeAsync(key, start, end, flags), nameof(StringGetRange));

    public RedisValue StringGetSet(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetSetAsync(key, value, flags), nameof(StringGetSet));

    public RedisValue StringGetSetExpiry(RedisKey key, TimeSpan? expiry, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetSetExpiryAsync(key, expiry, flags), nameof(StringGetSetExpiry));

    public RedisValue StringGetSetExpiry(RedisKey key, DateTime expiry, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetSetExpiryAsync(key, expiry, flags), nameof(StringGetSetExpiry));

    public RedisValueWithExpiry StringGetWithExpiry(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringGetWithExpiryAsync(key, flags), nameof(StringGetWithExpiry));

    public double StringIncrement(RedisKey key, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringIncrementAsync(key, value, flags), nameof(StringIncrement));

    public long StringIncrement(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringIncrementAsync(key, value, flags), nameof(StringIncrement));

    public long StringLength(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringLengthAsync(key, flags), nameof(StringLength));

    public bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, When when) =>
        Connection.WaitFor(StringSetAsync(key, value, expiry, when), nameof(StringSet));

    public bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        Connection.WaitFor(StringSetAsync(key, value, expiry, when, flags), nameof(StringSet));

    public bool StringSet(KeyValuePair<RedisKey, RedisValue>[] values, When when, CommandFlags flags) =>
        Connection.WaitFor(StringSetAsync(values, when, flags), nameof(StringSet));

    public bool StringSet(KeyValuePair<RedisKey, RedisValue>[] values, When when = When.Always, Expiration expiry = default, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringSetAsync(values, when, expiry, flags), nameof(StringSet));

    public bool StringSet(RedisKey key, RedisValue value, Expiration expiry = default, ValueCondition when = default, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringSetAsync(key, value, expiry, when, flags), nameof(StringSet));

    public bool StringSet(RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringSetAsync(key, value, expiry, keepTtl, when, flags), nameof(StringSet));

    public RedisValue StringSetAndGet(RedisKey key, RedisValue value, TimeSpan? expiry = null, bool keepTtl = false, When when = When.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringSetAndGetAsync(key, value, expiry, keepTtl, when, flags), nameof(StringSetAndGet));

    public RedisValue StringSetAndGet(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        Connection.WaitFor(StringSetAndGetAsync(key, value, expiry, when, flags), nameof(StringSetAndGet));

    public RedisValue StringSetRange(RedisKey key, long offset, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StringSetRangeAsync(key, offset, value, flags), nameof(StringSetRange));
}
