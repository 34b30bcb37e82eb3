using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Sends the writes of many runs to Redis together: one group is under way at a time, and what comes meanwhile is the next one. Redis then reads,
/// syncs to disk and answers once for all of them. While there is company a group waits a moment for more; a run on its own never waits.
/// </summary>
/// <remarks>Each write is a script of its own over the keys of its own run: one that is refused, or fails, is nothing to the others.</remarks>
internal sealed class GroupCommit(IConnectionMultiplexer redis, TimeProvider time, TimeSpan linger)
{
    /// <summary>A group of this size waits for no more.</summary>
    private const int Enough = 64;

    private readonly Lock _lock = new();
    private List<Write> _waiting = [];
    private List<Write> _underWay = [];
    private ITimer? _timer;
    private bool _busy;
    private bool _hasCompany;

    /// <summary>Runs a script as part of a group.</summary>
    public Task<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments)
    {
        var write = new Write(script, keys, arguments);
        lock (_lock)
        {
            _waiting.Add(write);
            if (!_busy) Begin();
        }

        return write.Task;
    }

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
            _hasCompany = _underWay.Count > 1;
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

    private sealed class Write(string script, RedisKey[] keys, RedisValue[] arguments) : TaskCompletionSource<RedisResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private Task<RedisResult>? _sent;

        public void Send(IConnectionMultiplexer redis)
        {
            try
            {
                _sent = redis.GetDatabase().ScriptEvaluateAsync(script, keys, arguments);
            }
            catch (Exception notSent)
            {
                _sent = System.Threading.Tasks.Task.FromException<RedisResult>(notSent);
            }
        }

        public async ValueTask CompleteAsync()
        {
            try
            {
                TrySetResult(await _sent!);
            }
            catch (Exception failure)
            {
                TrySetException(failure);
            }
        }
    }
}
