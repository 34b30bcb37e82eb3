using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>
/// Waits for runs to end, however many at the same time, on one subscription. Of a run that ends in this process its owner tells directly, with all that
/// there is to know; for others the record is read.
/// </summary>
internal sealed class RunEndings(RedisRunStore store, TimeProvider time)
{
    /// <summary>How often to look when no end is announced: announcements can get lost, records cannot.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ending> _awaited = new(StringComparer.Ordinal);
    private readonly HashSet<string> _here = new(StringComparer.Ordinal);
    private Task? _subscription;

    /// <summary>Has a run started, and waits until it has ended, for at most a while. An end that comes at once is not missed.</summary>
    public async Task<RunOutcome> WaitAsync(string runId, Func<Task<RunRecord>> start, TimeSpan most, CancellationToken cancellationToken)
    {
        var ending = Enter(runId);
        try
        {
            var subscribed = SubscribeAsync();
            var run = await start();
            await subscribed;
            var begun = time.GetTimestamp();
            while (!run.IsTerminal && most - time.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
            {
                await ending.Announced.Task.WaitAsync(left < s_poll ? left : s_poll, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                if (ending.Announced.Task.IsCompleted && ending.Outcome is { } outcome) return outcome;
                run = await store.GetAsync(runId) ?? run;
            }

            return new RunOutcome(run);
        }
        finally
        {
            Leave(runId, ending);
        }
    }

    /// <summary>A run is worked on here, until disposed. If it ends here <see cref="Announce"/> says so.</summary>
    public IDisposable ComesHere(string runId)
    {
        lock (_lock) _here.Add(runId);
        return new Stay(this, runId);
    }

    /// <summary>A run has ended here, and that is durable.</summary>
    public void Announce(RunOutcome outcome) => Announce(outcome.Run.Header.Run.RunId, outcome);

    private void Announce(string runId, RunOutcome? outcome)
    {
        lock (_lock)
        {
            if (!_awaited.TryGetValue(runId, out var ending) || (outcome is null && _here.Contains(runId))) return;
            ending.Outcome ??= outcome;
            ending.Announced.TrySetResult();
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

    private Task SubscribeAsync()
    {
        lock (_lock)
        {
            if (_subscription is null or { IsFaulted: true }) _subscription = store.OnEndAsync(runId => Announce(runId, null));
            return _subscription;
        }
    }

    private sealed class Ending
    {
        public int Waiting { get; set; }

        public RunOutcome? Outcome { get; set; }

        public TaskCompletionSource Announced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Stay(RunEndings endings, string runId) : IDisposable
    {
        public void Dispose()
        {
            lock (endings._lock) endings._here.Remove(runId);
        }
    }
}
