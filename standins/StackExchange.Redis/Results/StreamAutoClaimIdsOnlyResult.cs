namespace StackExchange.Redis;

public readonly struct StreamAutoClaimIdsOnlyResult
{
    internal StreamAutoClaimIdsOnlyResult(RedisValue nextStartId, RedisValue[] claimedIds, RedisValue[] deletedIds)
    {
        NextStartId = nextStartId;
        ClaimedIds = claimedIds;
        DeletedIds = deletedIds;
    }

    public RedisValue NextStartId { get; }

    public RedisValue[] ClaimedIds { get; }

    public RedisValue[] DeletedIds { get; }

    public static StreamAutoClaimIdsOnlyResult Null { get; } = new(RedisValue.Null, [], []);

    public bool IsNull => NextStartId.IsNull;
}
