using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Waits for runs to end, however many at the same time, on one subscription.</summary>
internal sealed class RunEndings(RedisRunStore store, TimeProvider time)
{
    /// <summary>How often to look when no end is announced: announcements can get lost, records cannot.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ending> _awaited = new(StringComparer.Ordinal);
    private Task? _subscription;

    /// <summary>The run once it has ended; <see langword="null"/> when there is none of that id.</summary>
    public async Task<RunRecord?> WaitAsync(string runId, CancellationToken cancellationToken)
    {
        var ending = Enter(runId);
        try
        {
            await SubscribeAsync();
            while (true)
            {
                var run = await store.GetAsync(runId);
                if (run is null or { IsTerminal: true }) return run;
                await ending.Announced.Task.WaitAsync(s_poll, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Leave(runId, ending);
        }
    }

    private Ending Enter(string runId)
    {
        lock (_lock)
        {
            if (!_awaited.TryGetValue(runId, out var ending)) _awaited[runId] = ending = new Ending();
            ending.Waiting++;
            return ending;
        }
    }

    private void Leave(string runId, Ending ending)
    {
        lock (_lock)
        {
            if (--ending.Waiting == 0) _awaited.Remove(runId);
        }
    }

    private void Announce(string runId)
    {
        lock (_lock)
        {
            if (_awaited.TryGetValue(runId, out var ending)) ending.Announced.TrySetResult();
        }
    }

    private Task SubscribeAsync()
    {
        lock (_lock)
        {
            if (_subscription is null or { IsFaulted: true }) _subscription = store.OnEndAsync(Announce);
            return _subscription;
        }
    }

    private sealed class Ending
    {
        public int Waiting { get; set; }

        public TaskCompletionSource Announced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
