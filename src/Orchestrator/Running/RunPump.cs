using System.Collections.Concurrent;
using Loomflow.Redis.Queue;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// Keeps this orchestrator in work: takes runs from the queue, renews the lease on those it has, takes over those of the dead, and puts
/// runs whose timer is due back into the queue. Told to stop, it is no longer ready first, and then hands its runs over while the server
/// still answers.
/// </summary>
internal sealed partial class RunPump(
    RunQueue queue,
    OwnedRunServices services,
    QueueMetrics metrics,
    IOptions<RunningOptions> options,
    ILogger<RunPump> logger) : BackgroundService, IHostedLifecycleService, IHealthCheck
{
    /// <summary>Every how many renewals lines are looked at whose limit has been changed.</summary>
    private const int RenewalsPerLook = 10;

    private readonly ConcurrentDictionary<string, (OwnedRun Run, Task Work)> _owned = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _entering = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _nudge = new(0);
    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _drained = new();
    private readonly Lock _lock = new();
    private Task _taking = Task.CompletedTask;
    private Task? _drain;
    private volatile bool _prepared;

    /// <summary>How many runs this replica drives right now.</summary>
    public int Owned => _owned.Count;

    /// <summary>Ready for work: the queue is there, and the service is not about to stop.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_draining.IsCancellationRequested ? HealthCheckResult.Unhealthy("The orchestrator is stopping.")
            : _prepared ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The run queue has not been reached yet: Redis does not answer."));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => DrainAsync(cancellationToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _draining.Token);
        await PrepareAsync(stopping.Token);
        _taking = TakeAsync(stopping.Token);
        await Task.WhenAll(_taking, RenewAsync(), MoveDueAsync(stopping.Token));
    }

    private async Task PrepareAsync(CancellationToken stoppingToken)
    {
        await TryAsync(() => queue.OnChangeAsync(Nudge), stoppingToken);
        await TryAsync(() => queue.OnMailAsync(runId => _ = DeliverMailAsync(runId)), stoppingToken);
        while (!_prepared && !stoppingToken.IsCancellationRequested)
        {
            await TryAsync(
                async () =>
                {
                    await queue.PrepareAsync();
                    await AnnounceAsync();
                    _prepared = true;
                },
                stoppingToken);
            if (!_prepared) await PauseAsync(stoppingToken);
        }
    }

    /// <summary>Takes no more runs, lets steps go on for a while, then hands over what is left.</summary>
    private Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return _drain ??= DrainOnceAsync(cancellationToken);
    }

    private async Task DrainOnceAsync(CancellationToken cancellationToken)
    {
        await _draining.CancelAsync();
        LogDraining(_owned.Count);
        await _taking.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var work = Task.WhenAll(_owned.Values.Select(owned => owned.Work));
        await work.WaitAsync(options.Value.DrainTimeout, services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (run, _) in _owned.Values) run.Release();
        await work.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _drained.CancelAsync();
    }

    private Task AnnounceAsync() =>
        queue.AnnounceAsync(services.Workflows.Definitions, options.Value.Lease * 10);

    private void Nudge()
    {
        if (_nudge.CurrentCount == 0) _nudge.Release();
    }

    private async Task TakeAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var room = options.Value.MaxRuns - _owned.Count;
                var asked = services.Time.GetTimestamp();
                var most = Math.Min(room, 100);
                var taken = most > 0 ? await queue.TakeAsync(most) : [];
                foreach (var run in taken)
                {
                    metrics.Taken(run);
                    Own(run, asked);
                }

                if (taken.Count < most || most <= 0) await _nudge.WaitAsync(options.Value.PollInterval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // A Redis that has lost its data has lost the queue, too.
                LogQueueAway(failure.Message);
                await PauseAsync(stoppingToken);
                await TryAsync(queue.PrepareAsync, stoppingToken);
            }
        }
    }

    /// <summary>Goes on while the service drains: a run that is being handed over is still owned.</summary>
    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(options.Value.Lease / 3, services.Time);
        try
        {
            for (var renewals = 0; await timer.WaitForNextTickAsync(_drained.Token); renewals++)
            {
                await TryAsync(RenewOnceAsync, _drained.Token);
                if (_draining.IsCancellationRequested) continue;
                await TryAsync(AnnounceAsync, _drained.Token);
                if (renewals % RenewalsPerLook == 0) await TryAsync(LetInAsync, _drained.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Drained.
        }
    }

    private async Task RenewOnceAsync()
    {
        var entries = _owned.Keys.ToArray();
        var asked = services.Time.GetTimestamp();
        var own = await queue.RenewAsync(entries);
        foreach (var entry in entries)
        {
            if (!_owned.TryGetValue(entry, out var owned)) continue;
            if (own.Contains(entry)) owned.Run.Lease.Renewed(asked);
            else if (!owned.Work.IsCompleted) owned.Run.Release();
        }

        metrics.Counted((await queue.DepthAsync()).Waiting);
        var room = options.Value.MaxRuns - _owned.Count;
        if (room <= 0 || _draining.IsCancellationRequested) return;
        asked = services.Time.GetTimestamp();
        foreach (var run in await queue.TakeOverAsync(options.Value.Lease, Math.Min(room, 100)))
        {
            metrics.TakenOver();
            LogTakenOver(run.RunId);
            Own(run, asked);
        }
    }

    private async Task LetInAsync()
    {
        foreach (var workflow in services.Workflows.Current) await services.Places.LetInAsync(workflow.Name);
    }

    private async Task MoveDueAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval / 2, services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(
                    async () =>
                    {
                        if (await queue.MoveDueAsync() > 0) Nudge();
                    },
                    stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Own(QueuedRun queued, long asked)
    {
        if (_owned.ContainsKey(queued.Entry)) return;
        var run = new OwnedRun(queued, asked, services, logger, _drained.Token) { Before = EnteringBefore(queued) };
        if (HasLimit(queued, out var workflow)) _entering[workflow] = run.Entered;
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _owned[queued.Entry] = (run, WorkAsync(run, begin.Task));
        begin.SetResult();
    }

    /// <summary>New runs of a workflow with a limit are entered one after the other, as they were handed out: first come, first served.</summary>
    private Task EnteringBefore(QueuedRun queued) =>
        HasLimit(queued, out var workflow) && _entering.TryGetValue(workflow, out var before) ? before : Task.CompletedTask;

    private bool HasLimit(QueuedRun queued, out string workflow)
    {
        workflow = services.Places.HasLimits ? queued.Header?.Workflow ?? "" : "";
        return workflow.Length > 0 && services.Places.LimitOf(workflow) is not null;
    }

    private async Task WorkAsync(OwnedRun run, Task begin)
    {
        await begin;
        await run.RunAsync();
        _owned.TryRemove(run.Entry, out _);
        if (_owned.Count >= options.Value.MaxRuns - 1) Nudge();
    }

    private async Task DeliverMailAsync(string runId)
    {
        foreach (var (run, _) in _owned.Values.Where(owned => owned.Run.RunId == runId))
        {
            await TryAsync(run.ReadMailAsync, CancellationToken.None);
        }
    }

    private async Task TryAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        try
        {
            await action();
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogQueueAway(failure.Message);
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken) =>
        await Task.Delay(options.Value.PollInterval, services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Information, "Draining: {Count} runs are under way.")]
    private partial void LogDraining(int count);

    [LoggerMessage(LogLevel.Warning, "Redis does not answer; runs wait: {Reason}")]
    private partial void LogQueueAway(string reason);

    [LoggerMessage(LogLevel.Information, "Run {RunId} was taken over from an orchestrator that is gone.")]
    private partial void LogTakenOver(string runId);
}
