using System.Runtime.InteropServices;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Workers;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// Finds places for steps: the least loaded live worker that hosts a step, or a place in line. Of the steps in line, the next is the
/// one whose user has the fewest steps under way, and among those the one that came first.
/// </summary>
internal sealed partial class WorkerPool(
    WorkerDirectory directory, WorkerChannels channels, IOptions<DispatchOptions> options, IOptions<RunningOptions> running, TimeProvider time, ILogger<WorkerPool> logger) : BackgroundService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Uri, WorkerConnection> _connections = [];
    private readonly Dictionary<PartitionKey, int> _underWay = [];
    private readonly LinkedList<WaitingStep> _line = [];
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>The live workers that host a step.</summary>
    public ValueTask<IReadOnlyList<WorkerReplica>> FindAsync(string step, CancellationToken cancellationToken) => directory.FindAsync(step, cancellationToken);

    /// <summary>Takes a place for a step, waiting in line where there is none.</summary>
    /// <param name="step">The name under which workers host it.</param>
    /// <param name="partition">Whose step it is.</param>
    /// <param name="avoided">Workers that have turned out to be no use to it.</param>
    /// <param name="waiting">Told why, when the step has to wait.</param>
    /// <param name="cancellationToken">Leaves the line.</param>
    public async Task<WorkerSlot> TakeAsync(string step, PartitionKey partition, IReadOnlySet<string> avoided, Func<string, Task> waiting, CancellationToken cancellationToken)
    {
        var workers = await directory.FindAsync(step, cancellationToken);
        WaitingStep waiter;
        string reason;
        lock (_lock)
        {
            var before = _line.Count == 0 ? 0 : _line.Count(other => other.Step == step);
            if (before == 0 && Choose(workers, avoided) is { } chosen) return Take(chosen, partition);
            reason = Reason(step, workers, avoided, before);
            waiter = new WaitingStep(step, partition, avoided);
            _line.AddLast(waiter);
        }

        _wake.Release();
        using var left = cancellationToken.Register(() => Leave(waiter, cancellationToken));
        await waiting(reason);
        return await waiter.Slot.Task;
    }

    /// <summary>A place at one worker in particular, however full it is: for a step that it has already.</summary>
    public WorkerSlot Take(WorkerReplica worker, PartitionKey partition)
    {
        lock (_lock)
        {
            if (!_connections.TryGetValue(worker.Address, out var connection)) _connections[worker.Address] = connection = Open(worker.Address);
            connection.UnderWay++;
            CollectionsMarshal.GetValueRefOrAddDefault(_underWay, partition, out _)++;
            return new WorkerSlot(this, connection, worker.Id, partition);
        }
    }

    /// <summary>Notes that a worker has refused a step because it is full.</summary>
    public void NoteFull(WorkerSlot slot)
    {
        lock (_lock) slot.Connection.FullUntil = time.GetTimestamp() + (long)(options.Value.WaitInterval.TotalSeconds * time.TimestampFrequency);
    }

    public void Release(WorkerSlot slot)
    {
        bool anybodyWaits;
        lock (_lock)
        {
            slot.Connection.UnderWay--;
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_underWay, slot.Partition, out _) == 0) _underWay.Remove(slot.Partition);
            anybodyWaits = _line.Count > 0;
        }

        if (anybodyWaits) _wake.Release();
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var connection in _connections.Values) connection.Dispose();
        _wake.Dispose();
    }

    /// <summary>Gives places to those in line whenever some may have become free.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ServeLineAsync(stoppingToken);
                CloseUnused(await directory.ListCachedAsync(stoppingToken));
                var changed = await directory.WatchAsync();
                var wake = _wake.WaitAsync(options.Value.WaitInterval, stoppingToken);
                await Task.WhenAny(wake, changed);
                if (!wake.IsCompleted) _wake.Release();
                await wake;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogDirectoryAway(failure.Message);
                await Task.Delay(options.Value.WaitInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private WorkerConnection Open(Uri worker) => new(channels.Open(worker), options.Value, RunLease.Margin(running.Value.Lease), time);

    private async Task ServeLineAsync(CancellationToken cancellationToken)
    {
        string[] steps;
        lock (_lock) steps = [.. _line.Select(waiter => waiter.Step).Distinct(StringComparer.Ordinal)];
        foreach (var step in steps)
        {
            var workers = await directory.FindAsync(step, cancellationToken);
            lock (_lock)
            {
                while (Next(step, workers) is var (waiter, worker) && waiter is not null)
                {
                    _line.Remove(waiter);
                    var slot = Take(worker!, waiter.Partition);
                    if (!waiter.Slot.TrySetResult(slot)) slot.Dispose();
                }
            }
        }
    }

    private (WaitingStep? Waiter, WorkerReplica? Worker) Next(string step, IReadOnlyList<WorkerReplica> workers)
    {
        // Ordering is stable, so among equals the first in line is the first here.
        foreach (var waiter in _line.Where(waiter => waiter.Step == step).OrderBy(waiter => _underWay.GetValueOrDefault(waiter.Partition)))
        {
            if (Choose(workers, waiter.Avoided) is { } worker) return (waiter, worker);
        }

        return default;
    }

    private void Leave(WaitingStep waiter, CancellationToken cancellationToken)
    {
        lock (_lock) _line.Remove(waiter);
        waiter.Slot.TrySetCanceled(cancellationToken);
    }

    private WorkerReplica? Choose(IReadOnlyList<WorkerReplica> workers, IReadOnlySet<string> avoided)
    {
        WorkerReplica? best = null;
        var (least, ties) = (1.0, 0);
        foreach (var worker in workers)
        {
            if (avoided.Contains(worker.Id)) continue;
            var load = (double)LoadOf(worker) / worker.Capacity;
            if (load > least || load >= 1) continue;
            ties = load < least ? 1 : ties + 1;
            if (Random.Shared.Next(ties) == 0) (best, least) = (worker, load);
        }

        return best;
    }

    // What a worker said at its last heartbeat is old, what this orchestrator has sent is only a part: the larger one is closer.
    private int LoadOf(WorkerReplica worker) =>
        !_connections.TryGetValue(worker.Address, out var connection) ? worker.Load
            : connection.FullUntil > time.GetTimestamp() ? worker.Capacity
            : Math.Max(worker.Load, connection.UnderWay);

    private static string Reason(string step, IReadOnlyList<WorkerReplica> workers, IReadOnlySet<string> avoided, int before)
    {
        var usable = workers.Where(worker => !avoided.Contains(worker.Id)).ToList();
        if (workers.Count == 0) return $"No live worker hosts '{step}'.";
        if (usable.Count == 0) return $"None of the {workers.Count} workers that host '{step}' can be reached.";
        var full = $"All workers that host '{step}' are full: {usable.Count}, with {usable.Sum(worker => worker.Capacity)} places";
        return before == 0 ? $"{full}." : $"{full}. Steps before this one in line: {before}.";
    }

    private void CloseUnused(IReadOnlyList<WorkerReplica> live)
    {
        lock (_lock)
        {
            foreach (var (address, connection) in _connections)
            {
                if (connection.UnderWay > 0 || live.Any(worker => worker.Address == address)) continue;
                _connections.Remove(address);
                connection.Dispose();
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The worker directory cannot be read: {Reason}")]
    private partial void LogDirectoryAway(string reason);
}
