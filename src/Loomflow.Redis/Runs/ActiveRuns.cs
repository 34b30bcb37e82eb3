using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>Counts each user's runs that have not ended. Ended ones are taken out when the count matters, so that a run's end costs nothing.</summary>
public sealed class ActiveRuns(IConnectionMultiplexer redis, RedisRunStore store, GroupCommit writes) : IDisposable
{
    // Adds the run, unless there are as many as there may be already.
    private const string Add =
        """
        if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
        if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
        return 1
        """;

    private const int Batch = 100;

    private readonly SemaphoreSlim _clearing = new(1);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Counts a run of a user.</summary>
    /// <returns>Whether the user may have one more.</returns>
    public async Task<bool> TryAddAsync(PartitionKey user, string runId, int limit) =>
        await AddAsync(user, runId, limit) || (await ClearAsync(user) && await AddAsync(user, runId, limit));

    public void Dispose() => _clearing.Dispose();

    private async Task<bool> AddAsync(PartitionKey user, string runId, int limit) =>
        (int)await writes.ScriptAsync(Add, [RunKeys.ActiveOf(user)], [runId, limit, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()]) == 1;

    /// <summary>Takes out what has ended. One user at a time, as whoever is at the limit may ask often.</summary>
    private async Task<bool> ClearAsync(PartitionKey user)
    {
        await _clearing.WaitAsync();
        try
        {
            var ids = await Database.SortedSetRangeByRankAsync(RunKeys.ActiveOf(user));
            var removed = 0L;
            foreach (var batch in ids.Chunk(Batch))
            {
                var runs = await Task.WhenAll(batch.Select(id => store.GetAsync(id!)));
                RedisValue[] ended = [.. batch.Where((_, i) => runs[i] is null or { IsTerminal: true })];
                if (ended.Length > 0) removed += await Database.SortedSetRemoveAsync(RunKeys.ActiveOf(user), ended);
            }

            return removed > 0;
        }
        finally
        {
            _clearing.Release();
        }
    }
}
