using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Sends the writes of all runs of this process to Redis together: one group is under way at a time, and what comes meanwhile is the next one. Redis
/// then reads, syncs to disk and answers once for all of them. Nothing waits while no group is under way.
/// </summary>
/// <remarks>Each write is a command or script of its own over the keys of its own run: one that is refused, or fails, is nothing to the others.</remarks>
/// <param name="redis">The connection.</param>
public sealed class GroupCommit(IConnectionMultiplexer redis)
{
    private readonly Lock _lock = new();
    private List<Write> _waiting = [];
    private List<Write> _underWay = [];
    private bool _busy;

    /// <summary>Runs a command as part of a group.</summary>
    public Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var write = new Write<T>(command);
        lock (_lock)
        {
            _waiting.Add(write);
            if (_busy) return write.Completion;
            _busy = true;
        }

        _ = CommitAsync();
        return write.Completion;
    }

    /// <summary>Runs a script as part of a group.</summary>
    internal Task<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments) =>
        RunAsync(database => database.ScriptEvaluateAsync(script, keys, arguments));

    private async Task CommitAsync()
    {
        lock (_lock) (_waiting, _underWay) = (_underWay, _waiting);
        foreach (var write in _underWay) write.Send(redis);

        // Answers come in order: with the last one all are there.
        for (var i = _underWay.Count - 1; i >= 0; i--) await _underWay[i].Answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var write in _underWay) write.Complete();
        lock (_lock)
        {
            _underWay.Clear();
            _busy = _waiting.Count > 0;
            if (!_busy) return;
        }

        // Behind what these writes were waited for by: what that writes next goes with the next group.
        ThreadPool.UnsafeQueueUserWorkItem(static group => _ = group.CommitAsync(), this, preferLocal: false);
    }

    private abstract class Write
    {
        public abstract Task Answered { get; }

        public abstract void Send(IConnectionMultiplexer redis);

        public abstract void Complete();
    }

    private sealed class Write<T>(Func<IDatabase, Task<T>> command) : Write
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task<T> _answered = null!;

        public Task<T> Completion => _completion.Task;

        public override Task Answered => _answered;

        public override void Send(IConnectionMultiplexer redis)
        {
            try
            {
                _answered = command(redis.GetDatabase());
            }
            catch (Exception notSent)
            {
                _answered = Task.FromException<T>(notSent);
            }
        }

        public override void Complete() => _completion.TrySetFromTask(_answered);
    }
}
