namespace Loomflow;

/// <summary>What one execution of a run waits for. Timers that have not fired when it is over never do.</summary>
internal sealed class RunTimers(TimeProvider time, Action<Arrival> post) : IDisposable
{
    // Timers of the platform are limited to about 49 days; a longer wait comes back early and is armed again.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(40);
    private readonly Lock _lock = new();
    private readonly HashSet<ITimer> _pending = [];
    private bool _over;

    public void Arm(TimeSpan wait, Arrival arrival)
    {
        if (wait <= TimeSpan.Zero)
        {
            post(arrival);
            return;
        }

        lock (_lock)
        {
            if (_over) return;
            var step = wait < s_longest ? wait : s_longest;
            ITimer? timer = null;
            timer = time.CreateTimer(_ => Fire(timer!, wait - step, arrival), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _pending.Add(timer);
            timer.Change(step, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
            foreach (var timer in _pending) timer.Dispose();
            _pending.Clear();
        }
    }

    private void Fire(ITimer timer, TimeSpan rest, Arrival arrival)
    {
        lock (_lock)
        {
            if (_over) return;
            _pending.Remove(timer);
        }

        timer.Dispose();
        Arm(rest, arrival);
    }
}
