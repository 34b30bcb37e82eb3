using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What callers can do with runs, whichever way they come: REST or gRPC.</summary>
internal sealed class RunService(
    RedisRunStore store,
    RunQueue queue,
    WorkflowRegistry workflows,
    RunEndings endings,
    RunPlaces places,
    RunCancellation cancellation,
    InputLimits limits,
    ActiveRuns active,
    RunLimits runLimits,
    Denials denials,
    SecretScrubber scrubber,
    TimeProvider time,
    IServiceProviderIsKeyedService? services = null)
{
    /// <summary>Accepts a run, and waits until it has ended, for at most a while. When this returns the run is durable.</summary>
    /// <param name="start">What to start.</param>
    /// <param name="wait">How long to wait, once it is accepted.</param>
    /// <param name="accepting">Waits for its acceptance.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RunRefusedException">The workflow is unknown, the input does not fit, or the key was used for another run.</exception>
    public async Task<RunOutcome> StartAsync(StartRun start, TimeSpan wait, Func<Task<RunRecord>, Task<RunRecord>> accepting, CancellationToken cancellationToken)
    {
        var runId = RunIdOf(start);
        Task<RunRecord> AcceptAsync() => accepting(StartAsync(start, runId));
        return wait > TimeSpan.Zero ? await endings.WaitAsync(runId, AcceptAsync, wait, cancellationToken) : new RunOutcome(await AcceptAsync());
    }

    /// <summary>Accepts a run. When this returns the run is durable.</summary>
    /// <exception cref="RunRefusedException">The workflow is unknown, the input does not fit, or the key was used for another run.</exception>
    public Task<RunRecord> StartAsync(StartRun start) => StartAsync(start, RunIdOf(start));

    private async Task<RunRecord> StartAsync(StartRun start, string runId)
    {
        var workflow = workflows.Get(start.Workflow);
        limits.Check(start.Input, "input");
        CheckInput(workflow, start.Input);
        if (start.Memory is { } memory && services?.IsKeyedService(typeof(IMemory), memory) != true) throw RunRefusedException.UnknownMemory(memory);

        var header = new RunHeader
        {
            Run = new RunIdentity
            {
                RunId = runId,
                RootRunId = start.Parent?.RootRunId ?? runId,
                ParentRunId = start.Parent?.RunId,
                Name = workflow.Name,
                Partition = PartitionOf(start),
                SessionId = (start.SessionId is { } session ? scrubber.ScrubId(session) : null) ?? start.Parent?.SessionId ?? RunIdentity.NewSessionId(),
                Metadata = Scrubbed(start.Metadata),
            },
            Workflow = workflow.Name,
            Definition = workflow.DefinitionHash,
            Input = Scrubbed(start.Input),
            ResponseTone = start.ResponseTone is { } tone ? scrubber.Scrub(tone) : null,
            Memory = start.Memory,
            TraceParent = Activity.Current?.Id,
            CreatedAt = time.GetUtcNow(),
            StartAt = start.StartAt,
        };

        if (start.IdempotencyKey is { Length: > 0 } && await store.GetAsync(runId) is { } existing) return await SameRunAsync(existing, header);

        // A child run is part of its parent, which was counted.
        if (start.Parent is { } parent) await JoinParentAsync(parent.RunId, header);
        else await CountAsync(header);

        // One write to the queue accepts a run; everything after it is repeated by whoever takes the entry. A run that starts later is
        // accepted once its timer is set.
        bool isNew;
        if (start.StartAt is { } startAt && startAt > header.CreatedAt)
        {
            isNew = await store.CreateAsync(header);
            await queue.JoinAtAsync(header, startAt);
        }
        else
        {
            await queue.JoinAsync(header);
            isNew = await store.CreateAsync(header);
        }

        return isNew ? new RunRecord { Header = header, Status = RunStatus.Queued, UpdatedAt = header.CreatedAt } : await SameRunAsync((await store.GetAsync(runId))!, header);
    }

    /// <summary>The run, if it is the caller's to see. One of somebody else looks like one that does not exist.</summary>
    /// <exception cref="RunRefusedException">There is no such run.</exception>
    public async Task<RunRecord> FindAsync(Caller caller, string runId)
    {
        if (runId.Length == 0 || await store.GetAsync(runId) is not { } run) throw RunRefusedException.NoSuchRun(runId);
        return caller.CanReach(run.Header.Run.Partition) ? run : throw NotTheirs(caller, runId);
    }

    /// <summary>Turns away a caller who asks for the run of somebody else: to them there is no such run.</summary>
    public RunRefusedException NotTheirs(Caller caller, string runId)
    {
        denials.Record(caller, "the run is somebody else's", runId);
        return RunRefusedException.NoSuchRun(runId);
    }

    /// <summary>
    /// Folds a run's journal, for what the record does not hold: visits, usage. Nothing where this replica does not have the run's definition, or the
    /// journal has been trimmed.
    /// </summary>
    public async Task<RunSnapshot?> FoldAsync(RunRecord record)
    {
        if (record.IsTrimmed || workflows.FindDefinition(record.Header.Definition) is not { } workflow) return null;
        return RunSnapshot.Of(workflow, record.Header.Run, await JournalAsync(record));
    }

    /// <summary>How many runs are before one in line; <see langword="null"/> when it does not stand in line.</summary>
    public async Task<long?> BeforeAsync(RunRecord run) => run.Status != RunStatus.Queued ? null
        : await queue.BeforeAsync(run.Header.Run.RunId) ?? await places.BeforeAsync(run.Header);

    /// <summary>Asks a run to stop. One that nobody works on stops at once; one that has ended stays as it is.</summary>
    public async Task CancelAsync(Caller caller, string runId, string reason)
    {
        await FindAsync(caller, runId);
        await cancellation.CancelAsync(runId, scrubber.Scrub(reason));
    }

    /// <summary>Sends a run a signal. Who sends it is who calls, whatever it says.</summary>
    public async Task SignalAsync(Caller caller, string runId, SignalReceived signal)
    {
        limits.Check(signal.Data, "signal's data");
        await FindAsync(caller, runId);
        signal = signal with
        {
            Name = scrubber.Scrub(signal.Name),
            Data = Scrubbed(signal.Data),
            Sender = caller.UserId ?? caller.Name,
            SignalId = signal.SignalId is { } id ? scrubber.ScrubId(id) : null,
        };
        await WakeAsync(runId, await store.PostAsync(runId, new InboxMessage { Signal = signal }) ?? throw RunRefusedException.NoSuchRun(runId));
    }

    /// <summary>Has a run that waits taken up, after something was left for it.</summary>
    public Task WakeAsync(string runId, RunStatus status) => status == RunStatus.Waiting ? queue.AddAsync(runId) : Task.CompletedTask;

    /// <summary>Puts a parked run back into the queue.</summary>
    public async Task<RunRecord> RequeueAsync(Caller caller, string runId)
    {
        var run = await FindAsync(caller, runId);
        if (run.Status != RunStatus.Parked) throw NotParked(run);
        await queue.AddAsync(runId);
        return run;
    }

    /// <summary>Ends a parked run as cancelled.</summary>
    public async Task<RunRecord> DiscardAsync(Caller caller, string runId, string reason)
    {
        var run = await FindAsync(caller, runId);
        if (!await cancellation.DiscardAsync(run, scrubber.Scrub(reason))) throw NotParked(run);
        return await FindAsync(caller, runId);
    }

    /// <summary>Starts a run that goes on from the failed step of another; what was completed is kept.</summary>
    public async Task<RunRecord> RetryAsync(Caller caller, string runId)
    {
        var run = await FindAsync(caller, runId);
        if (run.Status is not (RunStatus.Failed or RunStatus.Cancelled or RunStatus.Capped))
        {
            throw new RunRefusedException(RunRefusal.NotFailed, $"Run {runId} is {RunStatusName.Of(run.Status)}: only a run that has failed, was cancelled or capped can be retried.");
        }

        return await ForkAsync(run, RunForks.ForRetry(await JournalAsync(run)));
    }

    /// <summary>Starts a run that begins just before a visit of another.</summary>
    public async Task<RunRecord> ForkAsync(Caller caller, string runId, string path, int visit)
    {
        var run = await FindAsync(caller, runId);
        var journal = await JournalAsync(run);
        try
        {
            return await ForkAsync(run, RunForks.From(journal, path, visit));
        }
        catch (ArgumentException unknown)
        {
            throw new RunRefusedException(RunRefusal.NoSuchVisit, unknown.Message, unknown);
        }
    }

    /// <summary>Everything that has happened in a run.</summary>
    /// <exception cref="RunRefusedException">The journal has been trimmed.</exception>
    public async Task<IReadOnlyList<RunEvent>> JournalAsync(RunRecord run)
    {
        if (run.IsTrimmed) throw RunRefusedException.JournalTrimmed(run.Header.Run.RunId);
        var journal = new List<RunEvent>();
        await foreach (var runEvent in store.ReadAsync(run.Header.Run.RunId)) journal.Add(runEvent);
        return journal;
    }

    private async Task<RunRecord> ForkAsync(RunRecord run, IReadOnlyList<RunEvent> kept)
    {
        var runId = RunIdentity.NewRunId();
        var header = run.Header with
        {
            Run = run.Header.Run with { RunId = runId, RootRunId = runId, ParentRunId = null },
            ForkedFrom = run.Header.Run.RunId,
            CreatedAt = time.GetUtcNow(),
            StartAt = null,
            TraceParent = Activity.Current?.Id,
        };
        await CountAsync(header);
        await store.ForkAsync(header, kept);
        await queue.JoinAsync(header);
        return (await store.GetAsync(runId))!;
    }

    /// <summary>Notes that a run is stopped when its parent ends. Either this sees that the parent has ended, or the parent's owner sees the child.</summary>
    private async Task JoinParentAsync(string parentId, RunHeader child)
    {
        await store.AddChildAsync(parentId, child.Run.RunId);
        if ((await store.GetAsync(parentId) ?? throw RunRefusedException.NoSuchRun(parentId)) is { IsTerminal: true } parent)
        {
            throw new RunRefusedException(RunRefusal.ParentEnded, $"Run {parentId} is {RunStatusName.Of(parent.Status)}: a run that has ended starts no other.");
        }

        await active.AddUncountedAsync(child);
    }

    /// <summary>Secrets end at the door: nothing that a run does with what it is sent can carry them on.</summary>
    public Payload Scrubbed(Payload payload) => payload.IsNull ? payload : Payload.FromJson(scrubber.ScrubJson(payload.ToJson().Span));

    private Dictionary<string, string> Scrubbed(IReadOnlyDictionary<string, string> metadata) => metadata.Count == 0 ? []
        : JsonSerializer.Deserialize<Dictionary<string, string>>(scrubber.ScrubJson(JsonSerializer.SerializeToUtf8Bytes(metadata)))!;

    private async Task CountAsync(RunHeader header)
    {
        if (await active.TryAddAsync(header, runLimits.ActiveRunsPerUser)) return;
        throw new RunRefusedException(RunRefusal.TooManyRuns, $"{runLimits.ActiveRunsPerUser} runs of this user have not ended, which is the limit: wait for some to end, or cancel some.");
    }

    private static RunRefusedException NotParked(RunRecord run) => new(RunRefusal.NotParked, $"Run {run.Header.Run.RunId} is {RunStatusName.Of(run.Status)}, not parked.");

    private static void CheckInput(IWorkflow workflow, Payload input)
    {
        try
        {
            _ = input.As(workflow.InputType);
        }
        catch (PayloadException unfit)
        {
            throw RunRefusedException.UnfitInput(workflow, unfit);
        }
    }

    private async Task<RunRecord> SameRunAsync(RunRecord existing, RunHeader header)
    {
        if (existing.Header.Workflow != header.Workflow || existing.Header.Input != header.Input) throw RunRefusedException.KeyReused(existing.Header.Run.RunId);

        // Whoever was to accept it may have stopped before its timer was set.
        if (existing is { Status: RunStatus.Queued, Header.StartAt: { } startAt } && startAt > existing.Header.CreatedAt) await queue.JoinAtAsync(existing.Header, startAt);
        return existing;
    }

    private static PartitionKey PartitionOf(StartRun start) => start.Parent?.Partition ?? PartitionKey.Of(start.UserId);

    /// <summary>A key names a run of its user, so that starting twice finds the first.</summary>
    private static string RunIdOf(StartRun start) => start.IdempotencyKey is { Length: > 0 } key
        ? $"run_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{PartitionOf(start).Encode()}/{key}")).AsSpan(0, 16))}"
        : RunIdentity.NewRunId();
}
