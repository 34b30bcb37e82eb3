using Loomflow.Aspire.Orchestrator.Approvals;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Audit;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Loomflow.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>One orchestrator replica without its web server: the pump, the store and the queue on a real Redis.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private static readonly InputLimits s_limits = new(Options.Create(new InputOptions()));

    private readonly ConnectionMultiplexer _connection;
    private readonly RunPump _pump;
    private readonly AuditOutbox _outbox;
    private readonly RunEndings _endings;

    private Replica(ConnectionMultiplexer connection, RunPump pump, AuditOutbox outbox, RunQueue queue, RunPlaces places, RunEndings endings, RunService runs, RedisRunStore store)
    {
        (_connection, _pump, _outbox, _endings, Queue, Places, Runs, Store) = (connection, pump, outbox, endings, queue, places, runs, store);
        Approvals = new ApprovalService(runs, store, s_limits, new Denials(TimeProvider.System), SecretScrubber.Default);
    }

    /// <summary>A caller who may see and steer every run.</summary>
    public static Caller Service { get; } = new() { Name = "test", IsService = true };

    public RunQueue Queue { get; }

    public RunPlaces Places { get; }

    public ApprovalService Approvals { get; }

    public RunService Runs { get; }

    public RunList List => new(Store);

    public RedisRunStore Store { get; }

    public int Owned => _pump.Owned;

    public static Task<Replica> StartAsync(string redis, IAuditLog audit, TimeSpan lease, params IWorkflow[] workflows) =>
        StartAsync(redis, audit, lease, new NoWorkers(), workflows);

    public static Task<Replica> StartAsync(string redis, IAuditLog audit, TimeSpan lease, IStepDispatcher dispatcher, params IWorkflow[] workflows) =>
        StartAsync(redis, audit, lease, dispatcher, null, workflows);

    public static Task<Replica> StartAsync(string redis, IAuditLog audit, TimeSpan lease, Action<RunningOptions> configure, params IWorkflow[] workflows) =>
        StartAsync(redis, audit, lease, new NoWorkers(), configure, workflows);

    private static async Task<Replica> StartAsync(string redis, IAuditLog audit, TimeSpan lease, IStepDispatcher dispatcher, Action<RunningOptions>? configure, IWorkflow[] workflows)
    {
        var options = ConfigurationOptions.Parse(redis);
        options.ReconnectRetryPolicy = new LinearRetry(100);
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        var time = TimeProvider.System;
        var running = new RunningOptions { Lease = lease, PollInterval = TimeSpan.FromMilliseconds(50), DrainTimeout = TimeSpan.FromMilliseconds(100) };
        configure?.Invoke(running);
        var writes = new GroupCommit(connection);
        var store = new RedisRunStore(connection, time, writes);
        var queue = new RunQueue(connection, Guid.NewGuid().ToString("n"), time, writes);
        var registry = new WorkflowRegistry(workflows);
        var provider = new ServiceCollection().BuildServiceProvider();
        var places = new RunPlaces(new WorkflowPlaces(connection), store, running);
        var cancellation = new RunCancellation(store, queue);
        var outbox = new AuditOutbox(audit, time, running.AuditLinger);
        var endings = new RunEndings(store, time);
        var services = new OwnedRunServices(store, queue, places, cancellation, endings, registry, outbox, dispatcher, new DeltaHub(), running, time, provider, new RunLimits(), SecretScrubber.Default);
        var pump = new RunPump(queue, services, new QueueMetrics(TimeProvider.System), Options.Create(running), NullLogger<RunPump>.Instance);
        await pump.StartAsync(CancellationToken.None);
        var runs = new RunService(
            store, queue, registry, endings, places, cancellation, s_limits, new ActiveRuns(connection, store, writes), new RunLimits(), new Denials(time), SecretScrubber.Default, time);
        return new Replica(connection, pump, outbox, queue, places, endings, runs, store);
    }

    /// <summary>Stops as on SIGTERM.</summary>
    public Task DrainAsync() => _pump.StopAsync(CancellationToken.None);

    /// <summary>Cuts the replica off from Redis for good, while its code goes on.</summary>
    public ValueTask CutOffAsync() => _connection.DisposeAsync();

    public async Task<RunRecord> RunToEndAsync(string workflow, object? input, CancellationToken cancellationToken) =>
        await EndOfAsync(await Runs.StartAsync(new StartRun { Workflow = workflow, Input = Payload.Of(input), UserId = "alice" }), cancellationToken);

    public async Task<RunRecord> EndOfAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var id = run.Header.Run.RunId;
        (run, _) = await _endings.WaitAsync(id, async () => (await Store.GetAsync(id))!, TimeSpan.FromMinutes(1), cancellationToken);
        run.IsTerminal.ShouldBeTrue($"the run is still {run.Status}: {run.Reason}");
        return run;
    }

    /// <summary>Carries a copy of a run on from the first of its events, as if its process had stopped after writing them.</summary>
    public async Task<RunRecord> ResumeAsync(RunRecord whole, IReadOnlyCollection<RunEvent> written, CancellationToken cancellationToken)
    {
        var header = whole.Header with { Run = whole.Header.Run with { RunId = RunIdentity.NewRunId() } };
        await Store.CreateAsync(header);
        if (written.Count > 0) await Store.AppendAsync(header.Run.RunId, 0, [.. written.Select(JournalEntry.Of)]);
        await Queue.AddAsync(header.Run.RunId);
        return await EndOfAsync((await Store.GetAsync(header.Run.RunId))!, cancellationToken);
    }

    public async Task<IReadOnlyList<RunEvent>> JournalAsync(string runId)
    {
        var journal = new List<RunEvent>();
        await foreach (var runEvent in Store.ReadAsync(runId)) journal.Add(runEvent);
        return journal;
    }

    /// <summary>A run's events as they come, until the terminal one.</summary>
    public IAsyncEnumerable<RunEvent> FollowAsync(string runId, CancellationToken cancellationToken) => new RunWatcher(Store).FollowAsync(runId, 0, cancellationToken);

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await isSo()) await pause.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>Waits until the run has a status, looking whenever its journal may have grown.</summary>
    public async Task<RunRecord> UntilAsync(string runId, RunStatus status, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            if (await Store.GetAsync(runId) is { } run && run.Status == status) return run;
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Waits until the audit log has everything of a run.</summary>
    public async Task UntilAuditedAsync(string runId, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var finished = $"{runId} {(await Store.GetAsync(runId))!.Header.Run.Partition.Encode()}";
        while (await _connection.GetDatabase().SortedSetScoreAsync("loom:{queue}:ended", finished) is null) await pause.WaitForNextTickAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _pump.StopAsync(CancellationToken.None);
        _pump.Dispose();
        _outbox.Dispose();
        await _connection.DisposeAsync();
    }

    private sealed class NoWorkers : IStepDispatcher
    {
        public ValueTask<Payload> DispatchAsync(RemoteCall call, CancellationToken cancellationToken) => throw new InvalidOperationException("No workers here.");
    }
}
