using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What callers can do with runs, whichever way they come: REST or gRPC.</summary>
internal sealed class RunService(RedisRunStore store, RunQueue queue, WorkflowRegistry workflows, RunWatcher watcher, TimeProvider time, IServiceProviderIsKeyedService? services = null)
{
    /// <summary>Accepts a run. When this returns the run is durable.</summary>
    /// <exception cref="RunRefusedException">The workflow is unknown, the input does not fit, or the key was used for another run.</exception>
    public async Task<RunRecord> StartAsync(StartRun start)
    {
        var workflow = workflows.Find(start.Workflow) ?? throw RunRefusedException.UnknownWorkflow(start.Workflow, workflows.Current.Select(known => known.Name));
        CheckInput(workflow, start.Input);
        if (start.Memory is { } memory && services?.IsKeyedService(typeof(IMemory), memory) != true) throw RunRefusedException.UnknownMemory(memory);

        var partition = start.Parent?.Partition ?? PartitionKey.Of(start.UserId);
        var runId = start.IdempotencyKey is { Length: > 0 } key ? RunIdOf(partition, key) : RunIdentity.NewRunId();
        var header = new RunHeader
        {
            Run = new RunIdentity
            {
                RunId = runId,
                RootRunId = start.Parent?.RootRunId ?? runId,
                ParentRunId = start.Parent?.RunId,
                Name = workflow.Name,
                Partition = partition,
                SessionId = start.SessionId ?? start.Parent?.SessionId ?? RunIdentity.NewSessionId(),
                Metadata = start.Metadata,
            },
            Workflow = workflow.Name,
            Definition = workflow.DefinitionHash,
            Input = start.Input,
            ResponseTone = start.ResponseTone,
            Memory = start.Memory,
            TraceParent = Activity.Current?.Id,
            CreatedAt = time.GetUtcNow(),
            StartAt = start.StartAt,
        };

        if (start.IdempotencyKey is { Length: > 0 } && await store.GetAsync(runId) is { } existing) return SameRun(existing, header);

        // One write to the queue accepts a run; everything after it is repeated by whoever takes the entry. A run that starts later is
        // accepted once its timer is set.
        if (start.StartAt is { } startAt && startAt > header.CreatedAt)
        {
            await store.CreateAsync(header);
            await queue.AddAtAsync(runId, startAt);
        }
        else
        {
            await queue.AddAsync(runId, header);
            await store.CreateAsync(header);
        }

        return (await store.GetAsync(runId))!;
    }

    /// <summary>The run, if it is the caller's to see. One of somebody else looks like one that does not exist.</summary>
    public async Task<RunRecord?> FindAsync(Caller caller, string runId) =>
        runId.Length > 0 && await store.GetAsync(runId) is { } run && caller.CanReach(run.Header.Run.Partition) ? run : null;

    /// <summary>Folds a run's journal, for what the record does not hold: visits, open questions, usage.</summary>
    public async Task<RunSnapshot?> FoldAsync(RunRecord record)
    {
        if (workflows.FindDefinition(record.Header.Definition) is not { } workflow) return null;
        return RunSnapshot.Of(workflow, record.Header.Run, await JournalAsync(record));
    }

    /// <summary>One page of the runs that a caller may see, newest first, and the cursor of the next one.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="user">Whose runs; <see langword="null"/> for all that the caller can reach.</param>
    /// <param name="workflow">Only runs of this workflow.</param>
    /// <param name="status">Only runs that are in this state.</param>
    /// <param name="cursor">What the last page gave.</param>
    /// <param name="pageSize">The most to give.</param>
    public async Task<(IReadOnlyList<RunRecord> Runs, string? Next)> ListAsync(Caller caller, string? user, string? workflow, RunStatus? status, string? cursor, int pageSize)
    {
        PartitionKey? partition = caller.IsAdmin || caller.IsService ? (user is null ? null : PartitionKey.Of(user)) : PartitionKey.Of(caller.UserId);
        var found = new List<RunRecord>();
        while (true)
        {
            var page = await store.ListAsync(partition, cursor, pageSize);
            if (page.Count > 0) cursor = page[^1].Header.Run.RunId;
            foreach (var run in page.Where(run => caller.CanReach(run.Header.Run.Partition) && (workflow is null || run.Header.Workflow == workflow) && (status is null || run.Status == status)))
            {
                found.Add(run);
                if (found.Count == pageSize) return (found, run.Header.Run.RunId);
            }

            if (page.Count < pageSize) return (found, null);
        }
    }

    /// <summary>Waits until a run has ended, for at most a while, and gives it as it is then.</summary>
    public async Task<RunRecord> WaitAsync(RunRecord run, TimeSpan most, CancellationToken cancellationToken)
    {
        if (run.IsTerminal || most <= TimeSpan.Zero) return run;
        using var limit = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await foreach (var _ in watcher.FollowAsync(run.Header.Run.RunId, run.Sequence, either.Token))
            {
                // Only the end matters; following stops there.
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It takes longer than the caller wants to wait.
        }

        return (await store.GetAsync(run.Header.Run.RunId))!;
    }

    /// <summary>Leaves something for a run and has it taken up if the run waits.</summary>
    /// <returns>Whether there is such a run.</returns>
    public async Task<bool> PostAsync(string runId, InboxMessage message)
    {
        var status = await store.PostAsync(runId, message);
        if (status == RunStatus.Waiting) await queue.AddAsync(runId);
        return status is not null;
    }

    /// <summary>Puts a run into the queue: one that was parked, or whose queue entry was lost.</summary>
    public Task RequeueAsync(string runId) => queue.AddAsync(runId);

    /// <summary>Ends a parked run as cancelled.</summary>
    /// <returns>Whether the run was parked.</returns>
    public async Task<bool> DiscardAsync(RunRecord run, string reason)
    {
        if (!await store.DiscardAsync(run, reason)) return false;

        // Its last entries still have to be audited.
        await queue.AddAsync(run.Header.Run.RunId);
        return true;
    }

    /// <summary>Starts a run that goes on from the failed step of another; what was completed is kept.</summary>
    public async Task<RunRecord> RetryAsync(RunRecord run) => await ForkAsync(run, RunForks.ForRetry(await JournalAsync(run)));

    /// <summary>Starts a run that begins just before a visit of another.</summary>
    /// <exception cref="ArgumentException">The run never came there.</exception>
    public async Task<RunRecord> ForkAsync(RunRecord run, string path, int visit) => await ForkAsync(run, RunForks.From(await JournalAsync(run), path, visit));

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
        await store.ForkAsync(header, kept);
        await queue.AddAsync(runId);
        return (await store.GetAsync(runId))!;
    }

    private async Task<List<RunEvent>> JournalAsync(RunRecord run)
    {
        var journal = new List<RunEvent>();
        await foreach (var runEvent in store.ReadAsync(run.Header.Run.RunId)) journal.Add(runEvent);
        return journal;
    }

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

    private static RunRecord SameRun(RunRecord existing, RunHeader header) =>
        existing.Header.Workflow == header.Workflow && existing.Header.Input == header.Input
            ? existing
            : throw RunRefusedException.KeyReused(existing.Header.Run.RunId);

    /// <summary>A key names a run of its user, so that starting twice finds the first.</summary>
    private static string RunIdOf(PartitionKey partition, string key) =>
        $"run_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{partition.Encode()}/{key}")).AsSpan(0, 16))}";
}
