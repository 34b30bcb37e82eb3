namespace Grpc.Net.Protocol;

/// <summary>Tells when a moment has come, however far away it is.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    // What a timer can be set to.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly Action _passed;
    private readonly Timer _timer;

    public DeadlineTimer(DateTime deadline, Action passed)
    {
        Deadline = deadline;
        _passed = passed;
        _timer = new Timer(static state => ((DeadlineTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>In UTC.</summary>
    public DateTime Deadline { get; }

    /// <summary>Tells at once if the moment is past.</summary>
    public void Start() => OnTimer();

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        var remaining = Deadline - DateTime.UtcNow;
        if (remaining <= TimeSpan.Zero)
        {
            _passed();
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
            // Nobody wants to know any more.
        }
    }
}
