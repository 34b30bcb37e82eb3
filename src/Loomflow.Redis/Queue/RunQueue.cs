using System.Text.Json;
using Loomflow.Redis.Runs;
using StackExchange.Redis;

namespace Loomflow.Redis.Queue;

/// <summary>
/// The queue of runs that want an owner: a stream with one consumer group. An entry that was handed out and not acknowledged is
/// an owned run; an owner that no longer renews its entries loses them to whoever claims them.
/// </summary>
public sealed class RunQueue(IConnectionMultiplexer redis, string consumer, TimeProvider time)
{
    private const string Group = "orchestrators";

    // KEYS: timers, queue. ARGV: now, most. Moves runs that are due into the queue.
    private const string MoveDue = """
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
        for _, run in ipairs(due) do
          redis.call('XADD', KEYS[2], '*', 'run', run)
          redis.call('ZREM', KEYS[1], run)
        end
        return #due
        """;

    // KEYS: queue. ARGV: group, consumer, entries. Checking and claiming at once, so that an entry is never taken back from its next owner.
    private const string Renew = """
        local own = {}
        for i = 3, #ARGV do
          local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
          if #pending == 1 then
            redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
            own[#own + 1] = ARGV[i]
          end
        end
        return own
        """;

    // KEYS: queue. ARGV: group. What is in the stream and was handed to nobody.
    private const string CountWaiting = "return redis.call('XLEN', KEYS[1]) - redis.call('XPENDING', KEYS[1], ARGV[1])[1]";

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Makes sure that the group exists.</summary>
    public async Task PrepareAsync()
    {
        try
        {
            await Database.StreamCreateConsumerGroupAsync(RunKeys.Queue, Group, StreamPosition.Beginning, createStream: true);
        }
        catch (RedisServerException exists) when (exists.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // Another orchestrator was first.
        }
    }

    /// <summary>Puts a run into the queue. The entry of a new run carries its header, so that one write accepts it.</summary>
    public async Task AddAsync(string runId, RunHeader? header = null)
    {
        await Database.StreamAddAsync(
            RunKeys.Queue,
            header is null ? [new NameValueEntry("run", runId)] : [new NameValueEntry("run", runId), new NameValueEntry("header", RedisRunStore.Json(header))]);
        await redis.GetSubscriber().PublishAsync(RunKeys.QueueChanges, runId);
    }

    /// <summary>Puts a run into the queue later.</summary>
    public Task AddAtAsync(string runId, DateTimeOffset due) =>
        Database.SortedSetAddAsync(RunKeys.Timers, runId, due.ToUnixTimeMilliseconds());

    /// <summary>Moves runs whose time has come into the queue.</summary>
    /// <returns>How many.</returns>
    public async Task<int> MoveDueAsync(int most = 100) =>
        (int)await Database.ScriptEvaluateAsync(MoveDue, [RunKeys.Timers, RunKeys.Queue], [time.GetUtcNow().ToUnixTimeMilliseconds(), most]);

    /// <summary>How many runs are in the queue that nobody has taken.</summary>
    public async Task<long> CountWaitingAsync() => (long)await Database.ScriptEvaluateAsync(CountWaiting, [RunKeys.Queue], [Group]);

    /// <summary>Takes up to <paramref name="count"/> runs that nobody has.</summary>
    public async Task<IReadOnlyList<QueuedRun>> TakeAsync(int count) =>
        [.. (await Database.StreamReadGroupAsync(RunKeys.Queue, Group, consumer, StreamPosition.NewMessages, count)).Select(Read)];

    /// <summary>Takes runs over whose owners have not renewed them for the length of the lease.</summary>
    public async Task<IReadOnlyList<QueuedRun>> TakeOverAsync(TimeSpan lease, int count)
    {
        var claimed = await Database.StreamAutoClaimAsync(RunKeys.Queue, Group, consumer, (long)lease.TotalMilliseconds, "0-0", count);
        return [.. claimed.ClaimedEntries.Where(entry => !entry.IsNull && entry.Values is { Length: > 0 }).Select(Read)];
    }

    /// <summary>Renews the lease on entries that this consumer still has.</summary>
    /// <returns>The entries that are still its own; others have been taken over.</returns>
    public async Task<IReadOnlySet<string>> RenewAsync(IReadOnlyCollection<string> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0) return new HashSet<string>();
        var own = await Database.ScriptEvaluateAsync(Renew, [RunKeys.Queue], [Group, consumer, .. entries.Select(entry => (RedisValue)entry)]);
        return ((string[])own!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Removes an entry: its run has ended, waits, or is in the queue again under another one.</summary>
    public async Task AcknowledgeAsync(string entry)
    {
        await Database.StreamAcknowledgeAsync(RunKeys.Queue, Group, entry);
        await Database.StreamDeleteAsync(RunKeys.Queue, [entry]);
    }

    /// <summary>Calls back whenever a run may have come into the queue.</summary>
    public Task OnChangeAsync(Action changed) => redis.GetSubscriber().SubscribeAsync(RunKeys.QueueChanges, (_, _) => changed());

    /// <summary>Calls back with the id of a run that has mail.</summary>
    public Task OnMailAsync(Action<string> arrived) => redis.GetSubscriber().SubscribeAsync(RunKeys.Mail, (_, runId) => arrived(runId!));

    private static QueuedRun Read(StreamEntry entry) => new(
        (string)entry.Id!,
        (string)entry["run"]!,
        entry["header"] is { IsNull: false } header ? JsonSerializer.Deserialize<RunHeader>((string)header!, PayloadSerializer.Options) : null);
}
