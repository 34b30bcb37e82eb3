namespace StackExchange.Redis;

public readonly struct StreamAutoClaimResult
{
    internal StreamAutoClaimResult(RedisValue nextStartId, StreamEntry[] claimedEntries, RedisValue[] deletedIds)
    {
        NextStartId = nextStartId;
        ClaimedEntries = claimedEntries;
        DeletedIds = deletedIds;
    }

    public RedisValue NextStartId { get; }

    public StreamEntry[] ClaimedEntries { get; }

    public RedisValue[] DeletedIds { get; }

    public static StreamAutoClaimResult Null { get; } = new(RedisValue.Null, [], []);

    public bool IsNull => NextStartId.IsNull;
}
