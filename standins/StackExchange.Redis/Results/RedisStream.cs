namespace StackExchange.Redis;

public readonly struct RedisStream
{
    internal RedisStream(RedisKey key, StreamEntry[] entries)
    {
        Key = key;
        Entries = entries;
    }

    public RedisKey Key { get; }

    public StreamEntry[] Entries { get; }
}
