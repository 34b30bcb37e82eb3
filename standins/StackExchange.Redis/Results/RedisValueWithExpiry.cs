namespace StackExchange.Redis;

public readonly struct RedisValueWithExpiry(RedisValue value, TimeSpan? expiry)
{
    public RedisValue Value { get; } = value;

    public TimeSpan? Expiry { get; } = expiry;
}
