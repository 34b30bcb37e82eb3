namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>A clock that keeps whoever asks it for the time, once it is held: the log's writer asks before each batch.</summary>
internal sealed class HeldClock : TimeProvider, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when somebody waits for the time.</summary>
    public Task Reached => _reached.Task;

    public void Hold() => _open.Reset();

    public void Release() => _open.Set();

    public override DateTimeOffset GetUtcNow()
    {
        if (!_open.IsSet)
        {
            _reached.TrySetResult();
            _open.Wait(TimeSpan.FromSeconds(60));
        }

        return base.GetUtcNow();
    }

    public void Dispose()
    {
        _open.Set();
        _open.Dispose();
    }
}
