namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<bool> KeyDeleteAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("UNLINK", [key.Value], ReplyReaders.Boolean, flags);

    public Task<long> KeyDeleteAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Values(keys) is { Length: > 0 } values ? Send("UNLINK", values, ReplyReaders.Int64, flags) : Task.FromResult(0L);

    public Task<bool> KeyExistsAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("EXISTS", [key.Value], ReplyReaders.Boolean, flags);

    public Task<long> KeyExistsAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Values(keys) is { Length: > 0 } values ? Send("EXISTS", values, ReplyReaders.Int64, flags) : Task.FromResult(0L);

    public Task<bool> KeyExpireAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags) => KeyExpireAsync(key, expiry, ExpireWhen.Always, flags);

    public Task<bool> KeyExpireAsync(RedisKey key, DateTime? expiry, CommandFlags flags) => KeyExpireAsync(key, expiry, ExpireWhen.Always, flags);

    public Task<bool> KeyExpireAsync(
        RedisKey key, TimeSpan? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None) =>
        expiry is { } span && span != TimeSpan.MaxValue
            ? Send("PEXPIRE", [key.Value, span.Ticks / TimeSpan.TicksPerMillisecond, .. Token(when)], ReplyReaders.Boolean, flags)
            : Persist(key, when, flags);

    public Task<bool> KeyExpireAsync(
        RedisKey key, DateTime? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None) =>
        expiry is { } time && time != DateTime.MaxValue
            ? Send("PEXPIREAT", [key.Value, Expiration.UnixMilliseconds(time), .. Token(when)], ReplyReaders.Boolean, flags)
            : Persist(key, when, flags);

    public Task<DateTime?> KeyExpireTimeAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("PEXPIRETIME", [key.Value], ReplyReaders.UnixMilliseconds, flags);

    public Task<TimeSpan?> KeyIdleTimeAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("OBJECT", ["IDLETIME", key.Value], ReplyReaders.Seconds, flags);

    public Task<bool> KeyPersistAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("PERSIST", [key.Value], ReplyReaders.Boolean, flags);

    public Task<bool> KeyRenameAsync(RedisKey key, RedisKey newKey, When when = When.Always, CommandFlags flags = CommandFlags.None) => when switch
    {
        When.Always => Send("RENAME", [key.Value, newKey.Value], ReplyReaders.Boolean, flags),
        When.NotExists => Send("RENAMENX", [key.Value, newKey.Value], ReplyReaders.Boolean, flags),
        _ => throw new ArgumentException($"{when} is not valid in this context; the permitted values are: Always, NotExists", nameof(when)),
    };

    public Task<TimeSpan?> KeyTimeToLiveAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("PTTL", [key.Value], ReplyReaders.Milliseconds, flags);

    public Task<bool> KeyTouchAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("TOUCH", [key.Value], ReplyReaders.Boolean, flags);

    public Task<long> KeyTouchAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Values(keys) is { Length: > 0 } values ? Send("TOUCH", values, ReplyReaders.Int64, flags) : Task.FromResult(0L);

    public Task<RedisType> KeyTypeAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("TYPE", [key.Value], ReplyReaders.Type, flags);

    private Task<bool> Persist(RedisKey key, ExpireWhen when, CommandFlags flags) => when == ExpireWhen.Always
        ? KeyPersistAsync(key, flags)
        : throw new ArgumentException("PERSIST cannot be used with when.", nameof(when));

    private static RedisValue[] Token(ExpireWhen when) => when switch
    {
        ExpireWhen.Always => [],
        ExpireWhen.HasNoExpiry => ["NX"],
        ExpireWhen.HasExpiry => ["XX"],
        ExpireWhen.GreaterThanCurrentExpiry => ["GT"],
        ExpireWhen.LessThanCurrentExpiry => ["LT"],
        _ => throw new ArgumentOutOfRangeException(nameof(when)),
    };
}
