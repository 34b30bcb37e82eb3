using System.Collections.Concurrent;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>
/// Passes pieces of model answers from the runs that this replica drives to whoever watches them here. They are not journaled, so a
/// watcher on another replica sees the finished turn instead.
/// </summary>
public sealed class DeltaHub
{
    private readonly ConcurrentDictionary<string, Action<TextDelta>> _watchers = new(StringComparer.Ordinal);

    public void Publish(string runId, TextDelta delta)
    {
        if (_watchers.TryGetValue(runId, out var watchers)) watchers(delta);
    }

    public IDisposable Watch(string runId, Action<TextDelta> watcher)
    {
        _watchers.AddOrUpdate(runId, watcher, (_, others) => others + watcher);
        return new Subscription(() => Remove(runId, watcher));
    }

    private void Remove(string runId, Action<TextDelta> watcher)
    {
        while (_watchers.TryGetValue(runId, out var watchers))
        {
            var left = watchers - watcher;
            if (left is null ? _watchers.TryRemove(KeyValuePair.Create(runId, watchers)) : _watchers.TryUpdate(runId, left, watchers)) return;
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
