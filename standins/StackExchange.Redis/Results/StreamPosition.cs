namespace StackExchange.Redis;

public struct StreamPosition(RedisKey key, RedisValue position)
{
    public static RedisValue Beginning => "0-0";

    public static RedisValue NewMessages => "$";

    public RedisKey Key { get; } = key;

    public RedisValue Position { get; } = position;
}
