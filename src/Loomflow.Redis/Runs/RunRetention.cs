using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Removes what is left of runs that have ended. Their owners have noted when that was, once every entry was audited; so nothing has to
/// be searched for, and nothing goes that the audit log does not have. Every step can be repeated, also by several at once.
/// </summary>
public sealed class RunRetention(IConnectionMultiplexer redis)
{
    private IDatabase Database => redis.GetDatabase();

    /// <summary>Removes the journals of runs that have ended before a moment; their records and outcomes stay.</summary>
    /// <returns>How many it were; as many as <paramref name="most"/> if there may be more.</returns>
    public async Task<int> TrimAsync(DateTimeOffset endedBefore, int most = 100)
    {
        var ended = await Database.SortedSetRangeByScoreWithScoresAsync(RunKeys.EndedRuns, double.NegativeInfinity, endedBefore.ToUnixTimeMilliseconds(), take: most);
        foreach (var entry in ended)
        {
            var id = EndedRun.Read((string)entry.Element!).RunId;
            await Database.ScriptEvaluateAsync(RunScripts.Trim, [RunKeys.Record(id), RunKeys.Journal(id), RunKeys.Inbox(id), RunKeys.Answers(id), RunKeys.Children(id)]);
            await Database.SortedSetAddAsync(RunKeys.TrimmedRuns, entry.Element, entry.Score);
            await Database.SortedSetRemoveAsync(RunKeys.EndedRuns, entry.Element);
        }

        return ended.Length;
    }

    /// <summary>Removes runs that have ended before a moment, from everywhere.</summary>
    /// <returns>How many it were; as many as <paramref name="most"/> if there may be more.</returns>
    public async Task<int> RemoveAsync(DateTimeOffset endedBefore, int most = 100)
    {
        var removed = await RemoveAsync(RunKeys.TrimmedRuns, endedBefore, most);
        return removed < most ? removed + await RemoveAsync(RunKeys.EndedRuns, endedBefore, most - removed) : removed;
    }

    private async Task<int> RemoveAsync(RedisKey ended, DateTimeOffset endedBefore, int most)
    {
        var runs = await Database.SortedSetRangeByScoreAsync(ended, double.NegativeInfinity, endedBefore.ToUnixTimeMilliseconds(), take: most);
        foreach (var entry in runs)
        {
            var (id, partition) = EndedRun.Read((string)entry!);

            // Last the note that there is something to remove, so that whoever comes after a crash finds it.
            await Task.WhenAll(
            [
                .. RunsOf.Listing(partition).SelectMany(whose => new[] { RunKeys.IndexOf(whose), RunKeys.ParkedOf(whose) }).Select(list => Database.SortedSetRemoveAsync(list, id)),
                Database.KeyDeleteAsync([RunKeys.Record(id), RunKeys.Journal(id), RunKeys.Inbox(id), RunKeys.Answers(id), RunKeys.Children(id)]),
            ]);
            await Database.SortedSetRemoveAsync(ended, entry);
        }

        return runs.Length;
    }
}
