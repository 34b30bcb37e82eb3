using Loomflow.Redis.Runs;
using StackExchange.Redis;

namespace Loomflow.Redis.Queue;

/// <summary>
/// The queue of runs that want an owner: a stream with one consumer group. An entry that was handed out and not acknowledged is
/// an owned run; an owner that no longer renews its entries loses them to whoever claims them. New runs stand in line before the stream,
/// users in turn, and come into it as orchestrators have room; runs that go on do not stand in line again.
/// </summary>
public sealed class RunQueue(IConnectionMultiplexer redis, string consumer, TimeProvider time, GroupCommit writes)
{
    private const string Group = "orchestrators";

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

    /// <summary>Accepts a new run: puts it in line, with its header, in one write. A second time changes nothing.</summary>
    public Task JoinAsync(RunHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return writes.ScriptAsync(
            QueueScripts.Join,
            [RunKeys.Line, RunKeys.Headers, RunKeys.Tickets, RunKeys.IndexOfAll],
            [header.Run.RunId, RedisRunStore.Json(header), header.Run.Partition.Encode(), (string?)RunKeys.QueueChanges, header.CreatedAt.ToUnixTimeMilliseconds()]);
    }

    /// <summary>Accepts a new run that starts later. Its record is there already, as that is all there is of it until then.</summary>
    public async Task JoinAtAsync(RunHeader header, DateTimeOffset due)
    {
        ArgumentNullException.ThrowIfNull(header);
        await Database.SortedSetAddAsync(RunKeys.IndexOfAll, header.Run.RunId, header.CreatedAt.ToUnixTimeMilliseconds());
        await AddAtAsync(header.Run.RunId, due);
    }

    /// <summary>Has a run taken up that was begun before, or that is to end without having begun.</summary>
    public async Task AddAsync(string runId)
    {
        await Database.StreamAddAsync(RunKeys.Queue, [new NameValueEntry("run", runId)]);
        await redis.GetSubscriber().PublishAsync(RunKeys.QueueChanges, runId);
    }

    /// <summary>Puts a run into the queue later.</summary>
    public Task AddAtAsync(string runId, DateTimeOffset due) =>
        Database.SortedSetAddAsync(RunKeys.Timers, runId, due.ToUnixTimeMilliseconds());

    /// <summary>Moves runs whose time has come into the queue.</summary>
    /// <returns>How many.</returns>
    public async Task<int> MoveDueAsync(int most = 100) =>
        (int)await Database.ScriptEvaluateAsync(QueueScripts.MoveDue, [RunKeys.Timers, RunKeys.Queue], [time.GetUtcNow().ToUnixTimeMilliseconds(), most]);

    /// <summary>Takes up to <paramref name="count"/> runs that nobody has: first those that go on, then those next in line.</summary>
    public async Task<IReadOnlyList<QueuedRun>> TakeAsync(int count)
    {
        var taken = await Database.ScriptEvaluateAsync(QueueScripts.Take, [RunKeys.Queue, RunKeys.Line, RunKeys.Headers, RunKeys.Tickets], [Group, consumer, count]);
        return [.. ((RedisResult[])taken!).Select(Read)];
    }

    /// <summary>How many new runs are before one in line; <see langword="null"/> when it is not in line.</summary>
    public Task<long?> BeforeAsync(string runId) => Database.SortedSetRankAsync(RunKeys.Line, runId);

    /// <summary>How much work there is.</summary>
    public async Task<QueueDepth> DepthAsync()
    {
        var counts = (long[])(await Database.ScriptEvaluateAsync(QueueScripts.Depth, [RunKeys.Queue, RunKeys.Line, RunKeys.Timers], [Group]))!;
        return new QueueDepth(counts[0], counts[1], counts[2]);
    }

    /// <summary>Says which definitions this orchestrator has.</summary>
    public Task AnnounceAsync(IEnumerable<string> definitions, TimeSpan remembered) =>
        Database.ScriptEvaluateAsync(QueueScripts.Announce, [RunKeys.Definitions], [(long)remembered.TotalMilliseconds, .. definitions.Select(definition => (RedisValue)definition)]);

    /// <summary>Whether an orchestrator has said lately that it has a definition.</summary>
    public async Task<bool> IsAnnouncedAsync(string definition, TimeSpan lately) =>
        (bool)await Database.ScriptEvaluateAsync(QueueScripts.IsAnnounced, [RunKeys.Definitions], [definition, (long)lately.TotalMilliseconds]);

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
        var own = await Database.ScriptEvaluateAsync(QueueScripts.Renew, [RunKeys.Queue], [Group, consumer, .. entries.Select(entry => (RedisValue)entry)]);
        return ((string[])own!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Removes the entry of a run for which nothing is left to do; its retention begins.</summary>
    public Task FinishAsync(string entry, RunIdentity run, DateTimeOffset endedAt)
    {
        ArgumentNullException.ThrowIfNull(run);
        return writes.ScriptAsync(QueueScripts.Finish, [RunKeys.Queue, RunKeys.EndedRuns], [Group, entry, EndedRun.Write(run), endedAt.ToUnixTimeMilliseconds()]);
    }

    /// <summary>Removes an entry: its run waits, or is in the queue again under another one. One that was taken over meanwhile is its next owner's, and stays.</summary>
    public Task AcknowledgeAsync(string entry) => Database.ScriptEvaluateAsync(QueueScripts.Acknowledge, [RunKeys.Queue], [Group, consumer, entry]);

    /// <summary>Calls back whenever a run may have come into the queue.</summary>
    public Task OnChangeAsync(Action changed) => redis.GetSubscriber().SubscribeAsync(RunKeys.QueueChanges, (_, _) => changed());

    /// <summary>Calls back with the id of a run that has mail.</summary>
    public Task OnMailAsync(Action<string> arrived) => redis.GetSubscriber().SubscribeAsync(RunKeys.Mail, (_, runId) => arrived(runId!));

    private static QueuedRun Read(StreamEntry entry) => new(
        (string)entry.Id!,
        (string)entry["run"]!,
        entry["header"]);

    // An entry as scripts give it: its id, and its fields and values in turn.
    private static QueuedRun Read(RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (string[])parts[1]!;
        return new QueuedRun((string)parts[0]!, fields[1], fields.Length > 2 ? fields[3] : null);
    }
}
