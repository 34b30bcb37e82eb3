using Grpc.Net.Protocol;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Ends a call when its time is over, unless it ended before: exactly one of the two happens. The token that services
/// see is cancelled then, and when the client goes away.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationTokenRegistration _requestAborted;
    private readonly Func<Task> _expire;
    private readonly DeadlineTimer _timer;
    private Task? _expiry;
    private bool _callEnded;

    public CallDeadline(TimeSpan timeout, HttpContext httpContext, Func<Task> expire)
    {
        _expire = expire;
        _requestAborted = httpContext.RequestAborted.UnsafeRegister(static state => ((CallDeadline)state!)._cancellation.Cancel(), this);
        _timer = new DeadlineTimer(DateTime.UtcNow + timeout, OnDeadline);
        _timer.Start();
    }

    public DateTime Deadline => _timer.Deadline;

    public CancellationToken CancellationToken => _cancellation.Token;

    public bool HasExpired
    {
        get
        {
            lock (_gate)
                return _expiry is not null;
        }
    }

    /// <summary>Tells that the method has returned. Null if it did so in time; otherwise what is left of the expiry.</summary>
    public Task? EndCall()
    {
        lock (_gate)
        {
            _callEnded = true;
            return _expiry;
        }
    }

    public void Dispose()
    {
        _requestAborted.Unregister();
        _timer.Dispose();
    }

    private void OnDeadline()
    {
        var expiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_callEnded)
                return;

            _expiry = expiry.Task;
        }

        _ = ExpireAsync(expiry);
    }

    private async Task ExpireAsync(TaskCompletionSource expiry)
    {
        try
        {
            await _expire();
            await _cancellation.CancelAsync();
        }
        finally
        {
            expiry.SetResult();
        }
    }
}
