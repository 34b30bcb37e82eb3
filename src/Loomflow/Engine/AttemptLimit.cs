namespace Loomflow;

/// <summary>How long one attempt may take: cancels its token when the time is over, and says so when it has not stopped after a while.</summary>
internal sealed class AttemptLimit : IDisposable
{
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _either;
    private readonly ITimer _grace;

    public AttemptLimit(TimeSpan duration, TimeSpan grace, TimeProvider time, CancellationToken stopped, Action ignored)
    {
        Duration = duration;
        _grace = time.CreateTimer(static ignored => ((Action)ignored!)(), ignored, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _deadline = new CancellationTokenSource(duration, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(stopped, _deadline.Token);
        Token = _either.Token;
        _deadline.Token.UnsafeRegister(_ => _grace.Change(grace, Timeout.InfiniteTimeSpan), null);
    }

    public TimeSpan Duration { get; }

    /// <summary>Cancelled at the deadline, or when the run stops.</summary>
    public CancellationToken Token { get; }

    public bool IsOver => _deadline.IsCancellationRequested;

    public void Dispose()
    {
        _either.Dispose();
        _deadline.Dispose();
        _grace.Dispose();
    }
}
