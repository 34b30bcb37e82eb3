using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Sends the writes of all runs of this process to Redis together: one group is under way at a time, and what comes meanwhile is the next one. Redis
/// then reads, syncs to disk and answers once for all of them. While many runs write a group waits a moment for more; a run on its own, and a few, never wait.
/// </summary>
/// <remarks>Each write is a command or script of its own over the keys of its own run: one that is refused, or fails, is nothing to the others.</remarks>
/// <param name="redis">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="linger">How long a write waits for others while there are any; zero only gathers what comes while a group is under way.</param>
public sealed class GroupCommit(IConnectionMultiplexer redis, TimeProvider time, TimeSpan linger)
{
    /// <summary>A group of this size waits for no more.</summary>
    private const int Enough = 64;

    /// <summary>After a group of this size the next one waits for more: fewer are what one run, and the end of the one before it, write side by side.</summary>
    private const int Company = 8;

    private readonly Lock _lock = new();
    private List<Write> _waiting = [];
    private List<Write> _underWay = [];
    private ITimer? _timer;
    private bool _busy;
    private bool _hasCompany;

    /// <summary>Runs a command as part of a group.</summary>
    public Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var write = new Write<T>(command);
        lock (_lock)
        {
            _waiting.Add(write);
            if (!_busy) Begin();
        }

        return write.Completion;
    }

    /// <summary>Runs a script as part of a group.</summary>
    internal Task<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments) =>
        RunAsync(database => database.ScriptEvaluateAsync(script, keys, arguments));

    // Under the lock, with something that waits.
    private void Begin()
    {
        _busy = true;
        if (!_hasCompany || linger == TimeSpan.Zero || _waiting.Count >= Enough)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static group => _ = group.CommitAsync(), this, preferLocal: false);
            return;
        }

        _timer ??= time.CreateTimer(static group => _ = ((GroupCommit)group!).CommitAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(linger, Timeout.InfiniteTimeSpan);
    }

    private async Task CommitAsync()
    {
        lock (_lock)
        {
            (_waiting, _underWay) = (_underWay, _waiting);
            _hasCompany = _underWay.Count >= Company;
        }

        foreach (var write in _underWay) write.Send(redis);
        foreach (var write in _underWay) await write.CompleteAsync();
        lock (_lock)
        {
            _underWay.Clear();
            _busy = false;
            if (_waiting.Count > 0) Begin();
        }
    }

    private abstract class Write
    {
        public abstract void Send(IConnectionMultiplexer redis);

        public abstract ValueTask CompleteAsync();
    }

    private sealed class Write<T>(Func<IDatabase, Task<T>> command) : Write
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task<T>? _sent;

        public Task<T> Completion => _completion.Task;

        public override void Send(IConnectionMultiplexer redis)
        {
            try
            {
                _sent = command(redis.GetDatabase());
            }
            catch (Exception notSent)
            {
                _sent = Task.FromException<T>(notSent);
            }
        }

        public override async ValueTask CompleteAsync()
        {
            try
            {
                _completion.TrySetResult(await _sent!);
            }
            catch (Exception failure)
            {
                _completion.TrySetException(failure);
            }
        }
    }
}
