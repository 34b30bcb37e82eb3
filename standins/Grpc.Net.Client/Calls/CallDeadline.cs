namespace Grpc.Net.Client.Calls;

/// <summary>Tells a call that its deadline has passed, however far away it was.</summary>
internal sealed class CallDeadline : IDisposable
{
    // What a timer can be set to.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly DateTime _deadline;
    private readonly Action _exceeded;
    private readonly Timer _timer;

    public CallDeadline(DateTime deadline, Action exceeded)
    {
        _deadline = deadline;
        _exceeded = exceeded;
        _timer = new Timer(static state => ((CallDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public static DateTime? Validate(DateTime? deadline)
    {
        if (deadline is not { } value || value == DateTime.MaxValue)
            return null;

        return value == DateTime.MinValue || value.Kind == DateTimeKind.Utc
            ? value
            : throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
    }

    public void Start() => OnTimer();

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        var remaining = _deadline - DateTime.UtcNow;
        if (remaining <= TimeSpan.Zero)
        {
            _exceeded();
            return;
        }

        try
        {
            // A whole millisecond more, because a timer counts whole ones.
            var wait = remaining + TimeSpan.FromMilliseconds(1);
            _timer.Change(wait < s_longestWait ? wait : s_longestWait, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The call ended meanwhile.
        }
    }
}
