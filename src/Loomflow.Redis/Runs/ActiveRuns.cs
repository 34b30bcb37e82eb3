using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>Lists each user's runs, and counts those that have not ended. Ended ones are taken out of the count when it matters, so that a run's end costs nothing.</summary>
public sealed class ActiveRuns(IConnectionMultiplexer redis, RedisRunStore store, GroupCommit writes) : IDisposable
{
    // KEYS: the user's active runs, all of the user's runs. ARGV: run, limit, when it was created. Adds the run, unless there are as many as there may be already.
    private const string Add =
        """
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
          redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
        end
        redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
        return 1
        """;

    private const int Batch = 100;

    private readonly SemaphoreSlim _clearing = new(1);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Puts a run into the lists of its user and their tenant, and counts it. It comes before the run is accepted, so that every run is in them.</summary>
    /// <returns>Whether the user may have one more.</returns>
    public async Task<bool> TryAddAsync(RunHeader header, int limit)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (!await AddOnceAsync(header, limit) && !(await ClearAsync(header.Run.Partition) && await AddOnceAsync(header, limit))) return false;
        if (header.Run.Partition.Tenant is { } tenant) await ListAsync(header, RunsOf.Tenant(tenant));
        return true;
    }

    /// <summary>Puts a run into the lists that is part of another one, which was counted.</summary>
    public Task AddUncountedAsync(RunHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return Task.WhenAll(RunsOf.Listing(header.Run.Partition).Where(whose => whose != RunsOf.Everybody).Select(whose => ListAsync(header, whose)));
    }

    public void Dispose() => _clearing.Dispose();

    private Task ListAsync(RunHeader header, RunsOf whose) =>
        writes.RunAsync(database => database.SortedSetAddAsync(RunKeys.IndexOf(whose), header.Run.RunId, header.CreatedAt.ToUnixTimeMilliseconds()));

    private async Task<bool> AddOnceAsync(RunHeader header, int limit) =>
        (int)await writes.ScriptAsync(
            Add,
            [RunKeys.ActiveOf(header.Run.Partition), RunKeys.IndexOf(RunsOf.User(header.Run.Partition))],
            [header.Run.RunId, limit, header.CreatedAt.ToUnixTimeMilliseconds()]) == 1;

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
