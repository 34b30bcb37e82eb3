using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Runs in Redis: a record, a journal (a stream whose entry ids are the sequence numbers) and an inbox for each. Journals are
/// appended to under a fencing epoch, in the same script that checks it.
/// </summary>
/// <param name="redis">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="writes">What sends the writes of all runs together.</param>
public sealed class RedisRunStore(IConnectionMultiplexer redis, TimeProvider time, GroupCommit writes)
{
    private const int PageSize = 500;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Creates a run unless it exists.</summary>
    /// <returns>Whether it is new.</returns>
    public async Task<bool> CreateAsync(RunHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        var created = await writes.ScriptAsync(
            RunScripts.Create,
            [RunKeys.Record(header.Run.RunId)],
            [Json(header), NameOf(RunStatus.Queued), Now()]);
        return (int)created == 1;
    }

    /// <summary>Creates a run with a past: the kept events of another one, numbered anew.</summary>
    public async Task ForkAsync(RunHeader header, IReadOnlyList<RunEvent> kept)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(kept);
        var events = kept.Select((runEvent, i) => (RedisValue)RunEventJson.Write((runEvent with { }).Stamp(header.Run, i + 1, runEvent.Time)));
        await Database.ScriptEvaluateAsync(
            RunScripts.Fork,
            [RunKeys.Record(header.Run.RunId), RunKeys.Journal(header.Run.RunId)],
            [Json(header), Now(), kept.Count, .. events]);
    }

    /// <summary>Ends a parked run as cancelled.</summary>
    /// <returns>Whether the run was parked.</returns>
    public async Task<bool> DiscardAsync(RunRecord run, string reason)
    {
        ArgumentNullException.ThrowIfNull(run);
        var id = run.Header.Run.RunId;
        var cancelled = new RunCancelled { Kind = RunKind.Workflow, Name = run.Header.Workflow, Reason = reason }.Stamp(run.Header.Run, run.Sequence + 1, time.GetUtcNow());
        return (int)await Database.ScriptEvaluateAsync(
            RunScripts.Discard,
            [RunKeys.Record(id), RunKeys.Journal(id)],
            [RunEventJson.Write(cancelled), Now(), reason, (string?)RunKeys.Changes(id), (string?)RunKeys.Ended, id]) == 1;
    }

    /// <summary>Calls back whenever a run's journal has grown, until disposed. Announcements can get lost; the journal cannot.</summary>
    public async Task<IAsyncDisposable> OnChangeAsync(string runId, Action changed)
    {
        var queue = await redis.GetSubscriber().SubscribeAsync(RunKeys.Changes(runId));
        queue.OnMessage(_ => changed());
        return new Subscription(queue);
    }

    /// <summary>Calls back with the id of each run that ends. Announcements can get lost; records cannot.</summary>
    public Task OnEndAsync(Action<string> ended) => redis.GetSubscriber().SubscribeAsync(RunKeys.Ended, (_, runId) => ended(runId!));

    /// <summary>The run, or <see langword="null"/> when there is none of that id.</summary>
    public async Task<RunRecord?> GetAsync(string runId)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        var fields = await Database.HashGetAllAsync(RunKeys.Record(runId));
        return fields.Length == 0 ? null : Read(fields.ToDictionary(field => (string)field.Name!, field => field.Value, StringComparer.Ordinal));
    }

    /// <summary>Runs, newest first.</summary>
    /// <param name="whose">Whose.</param>
    /// <param name="after">Only runs after this place in the list; <see langword="null"/> to begin with the newest.</param>
    /// <param name="count">The most to give.</param>
    /// <returns>The runs, and where the list goes on if there may be more.</returns>
    public Task<(IReadOnlyList<RunRecord> Runs, RunCursor? Next)> ListAsync(RunsOf whose, RunCursor? after, int count) =>
        ListAsync(RunKeys.IndexOf(whose), after, count);

    /// <summary>Parked runs, the one that was parked last first.</summary>
    public async Task<(IReadOnlyList<RunRecord> Runs, RunCursor? Next)> ListParkedAsync(RunsOf whose, RunCursor? after, int count)
    {
        var list = RunKeys.ParkedOf(whose);
        var (runs, next) = await ListAsync(list, after, count);
        foreach (var gone in runs.Where(run => run.IsTerminal)) await Database.SortedSetRemoveAsync(list, gone.Header.Run.RunId);
        return ([.. runs.Where(run => run.Status == RunStatus.Parked)], next);
    }

    /// <summary>Notes for the lists that a run is about to be parked. Runs that have ended leave them when they are read.</summary>
    public Task NoteParkedAsync(RunIdentity run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Task.WhenAll(RunsOf.Listing(run.Partition).Select(whose => Database.SortedSetAddAsync(RunKeys.ParkedOf(whose), run.RunId, Now())));
    }

    /// <summary>Takes ownership for the holder of a queue entry.</summary>
    public async Task<Acquisition> AcquireAsync(string runId, RedisValue entry)
    {
        var reply = (RedisResult[])(await writes.ScriptAsync(RunScripts.Acquire, [RunKeys.Record(runId), RunKeys.Inbox(runId)], [entry, Now()]))!;
        return (long)reply[0] switch
        {
            > 0 and var epoch => new Acquisition(AcquisitionKind.Owned, epoch, Read(reply[1]), HasMail: (long)reply[2] > 0),
            0 => new Acquisition(AcquisitionKind.OwnedByAnother),
            _ => new Acquisition(AcquisitionKind.Unknown),
        };
    }

    /// <summary>Appends events and sets fields of the record, all or nothing.</summary>
    /// <returns>Whether the run has started others, where one of the events is its terminal one.</returns>
    /// <exception cref="RunFencedException">Somebody else owns the run now.</exception>
    public async Task<bool> AppendAsync(string runId, long epoch, IReadOnlyList<JournalEntry> entries, params (string Field, RedisValue Value)[] fields)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(fields);
        var ends = entries.Any(entry => entry.Event.IsTerminal);
        var arguments = new List<RedisValue>(10 + entries.Count + (fields.Length * 2))
        {
            epoch,
            entries.Count > 0 ? entries[0].Event.Sequence : 0,
            (string?)RunKeys.Changes(runId),
            entries.Count,
            ends ? (string?)RunKeys.Ended : "",
            ends ? runId : "",
        };
        foreach (var entry in entries) arguments.Add(entry.Json);
        if (entries.Count > 0) arguments.AddRange(["seq", entries[^1].Event.Sequence, "progress", epoch]);
        foreach (var (field, value) in fields) arguments.AddRange([field, value]);

        RedisKey[] keys = ends ? [RunKeys.Record(runId), RunKeys.Journal(runId), RunKeys.Children(runId)] : [RunKeys.Record(runId), RunKeys.Journal(runId)];
        return (long)await FencedAsync(runId, epoch, () => writes.ScriptAsync(RunScripts.Append, keys, [.. arguments])) > 0;
    }

    /// <summary>Gives up ownership, unless there is mail that the owner has not seen; another orchestrator begins when the run is in the queue again.</summary>
    /// <returns>Whether it was given up.</returns>
    public async Task<bool> LetGoAsync(string runId, long epoch, string lastMail, RunStatus status, string reason) =>
        (int)await FencedAsync(
            runId,
            epoch,
            () => Database.ScriptEvaluateAsync(RunScripts.LetGo, [RunKeys.Record(runId), RunKeys.Inbox(runId)], [epoch, lastMail, NameOf(status), reason, Now()])) == 1;

    /// <summary>Gives up ownership whatever mail there is: the next owner reads the whole inbox.</summary>
    public Task LetGoAsync(string runId, long epoch, RunStatus status, string reason) => LetGoAsync(runId, epoch, "", status, reason);

    /// <summary>Says why a run that nobody owns stands in line.</summary>
    public Task NoteInLineAsync(string runId, string reason) => Database.ScriptEvaluateAsync(RunScripts.NoteInLine, [RunKeys.Record(runId)], [reason, Now()]);

    /// <summary>Notes that a run has started another one.</summary>
    public Task AddChildAsync(string runId, string childId) => Database.SetAddAsync(RunKeys.Children(runId), childId);

    /// <summary>The runs that a run has started.</summary>
    public async Task<IReadOnlyList<string>> ChildrenAsync(string runId) => [.. (await Database.SetMembersAsync(RunKeys.Children(runId))).Select(child => (string)child!)];

    /// <summary>The journal from after a sequence number on, in pages.</summary>
    public async IAsyncEnumerable<RunEvent> ReadAsync(string runId, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var page = await Database.StreamRangeAsync(RunKeys.Journal(runId), $"{after + 1}-0", "+", PageSize);
            foreach (var entry in page)
            {
                after = SequenceOf(entry.Id);
                yield return RunEventJson.Read(((ReadOnlyMemory<byte>)entry["e"]).Span);
            }

            if (page.Length < PageSize) yield break;
        }
    }

    /// <summary>Leaves something for a run. Durable when it returns; a run that has ended takes nothing more.</summary>
    /// <returns>The run's status at that moment; <see langword="null"/> when there is no such run.</returns>
    public async Task<RunStatus?> PostAsync(string runId, InboxMessage message)
    {
        var status = (string?)await Database.ScriptEvaluateAsync(RunScripts.Post, [RunKeys.Record(runId), RunKeys.Inbox(runId)], [Json(message)]);
        if (status is null) return null;
        await redis.GetSubscriber().PublishAsync(RunKeys.Mail, runId);
        return StatusOf(status);
    }

    /// <summary>Leaves the answer to a question for a run, unless there is one already.</summary>
    /// <returns>The run's status at that moment, and the answer that counts: this one, or the one that was first.</returns>
    public async Task<(RunStatus Status, ApprovalDecision Counts)> AnswerAsync(string runId, ApprovalDecided decided)
    {
        ArgumentNullException.ThrowIfNull(decided);
        var reply = (RedisResult[])(await Database.ScriptEvaluateAsync(
            RunScripts.Answer,
            [RunKeys.Record(runId), RunKeys.Inbox(runId), RunKeys.Answers(runId)],
            [decided.ApprovalId, Json(decided.Decision), Json(new InboxMessage { Decided = decided })]))!;
        await redis.GetSubscriber().PublishAsync(RunKeys.Mail, runId);
        return (StatusOf((string)reply[0]!), JsonSerializer.Deserialize<ApprovalDecision>((string)reply[1]!, PayloadSerializer.Options)!);
    }

    /// <summary>What is in a run's inbox after a position.</summary>
    public async Task<IReadOnlyList<(string Position, InboxMessage Message)>> ReadInboxAsync(string runId, string after)
    {
        var entries = await Database.StreamRangeAsync(RunKeys.Inbox(runId), $"({after}", "+", PageSize);
        return [.. entries.Select(entry => ((string)entry.Id!, JsonSerializer.Deserialize<InboxMessage>((string)entry["m"]!, PayloadSerializer.Options)!))];
    }

    internal static string NameOf(RunStatus status) => status switch
    {
        RunStatus.Queued => "queued",
        RunStatus.Running => "running",
        RunStatus.Waiting => "waiting",
        RunStatus.Parked => "parked",
        RunStatus.Completed => "completed",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        RunStatus.Capped => "capped",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    internal static RunStatus StatusOf(string name) => Enum.Parse<RunStatus>(name, ignoreCase: true);

    internal static string Json<T>(T value) => JsonSerializer.Serialize(value, PayloadSerializer.Options);

    // Fields and values in turn, as a script gives them.
    private static RunRecord Read(RedisResult record)
    {
        var parts = (RedisValue[])record!;
        var fields = new Dictionary<string, RedisValue>(parts.Length / 2, StringComparer.Ordinal);
        for (var i = 0; i < parts.Length; i += 2) fields[(string)parts[i]!] = parts[i + 1];
        return Read(fields);
    }

    private static RunRecord Read(Dictionary<string, RedisValue> fields) => new()
    {
        Header = JsonSerializer.Deserialize<RunHeader>((string)fields["header"]!, PayloadSerializer.Options)!,
        Status = StatusOf((string?)fields.GetValueOrDefault("ended") is { Length: > 0 } ended ? ended : (string)fields["status"]!),
        Reason = (string?)fields.GetValueOrDefault("reason") is { Length: > 0 } reason ? reason : null,
        Epoch = (long)fields["epoch"],
        Progress = (long)fields["progress"],
        Sequence = (long)fields["seq"],
        Audited = (long)fields["audited"],
        Output = fields.TryGetValue("output", out var output) ? Payload.FromJson((byte[])output!) : Payload.Null,
        Failure = fields.TryGetValue("failure", out var failure) ? JsonSerializer.Deserialize<Failure>((string)failure!, PayloadSerializer.Options) : null,
        IsTrimmed = fields.ContainsKey("trimmed"),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)fields["updated"]),
    };

    private static async Task<RedisResult> FencedAsync(string runId, long epoch, Func<Task<RedisResult>> script)
    {
        try
        {
            return await script();
        }
        catch (RedisServerException refused) when (refused.Message.Contains(RunScripts.Fenced, StringComparison.Ordinal))
        {
            throw new RunFencedException(runId, epoch);
        }
    }

    private async Task<(IReadOnlyList<RunRecord> Runs, RunCursor? Next)> ListAsync(RedisKey index, RunCursor? after, int count)
    {
        // Runs of the same millisecond are in the order of their ids; Redis has no range over both at once.
        SortedSetEntry[] found = [];
        if (after is { } place)
        {
            var sameTime = await Database.SortedSetRangeByScoreWithScoresAsync(index, place.Time, place.Time, order: Order.Descending);
            found = [.. sameTime.Where(entry => string.CompareOrdinal(entry.Element, place.RunId) < 0).Take(count)];
        }

        if (found.Length < count)
        {
            var rest = await Database.SortedSetRangeByScoreWithScoresAsync(
                index, double.NegativeInfinity, after?.Time ?? double.PositiveInfinity, after is null ? Exclude.None : Exclude.Stop, Order.Descending, 0, count - found.Length);
            found = [.. found, .. rest];
        }

        var records = await Task.WhenAll(found.Select(entry => GetAsync(entry.Element!)));
        return ([.. records.OfType<RunRecord>()], found.Length < count ? null : new RunCursor((long)found[^1].Score, found[^1].Element!));
    }

    private static long SequenceOf(RedisValue id)
    {
        var text = (string)id!;
        return long.Parse(text.AsSpan(0, text.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }

    private sealed class Subscription(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(queue.UnsubscribeAsync());
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
