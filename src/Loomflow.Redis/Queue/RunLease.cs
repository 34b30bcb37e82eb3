namespace Loomflow.Redis.Queue;

/// <summary>
/// One run's lease as its owner knows it. A process that stood still does not feel it, and would go on with what it had in hand although
/// somebody else has the run by then. So nothing is begun for a run whose lease should have been renewed by now, by this process's own clock, before it is.
/// </summary>
/// <param name="queue">Where the lease is.</param>
/// <param name="entry">The queue entry that is held.</param>
/// <param name="length">How long it lasts. It is renewed every third of that.</param>
/// <param name="asked">When Redis was asked for the run, as a timestamp of <paramref name="time"/>.</param>
/// <param name="time">The clock.</param>
/// <param name="lost">Told when somebody else has the run.</param>
public sealed class RunLease(RunQueue queue, string entry, TimeSpan length, long asked, TimeProvider time, Action lost)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    // One renewal has failed to come by then, and there is still time before the lease ends.
    private readonly TimeSpan _certain = length - Margin(length);
    private long _asked = asked;

    /// <summary>How long nobody else can have a run from when its lease was certain.</summary>
    /// <param name="length">How long the lease lasts.</param>
    public static TimeSpan Margin(TimeSpan length) => length / 3;

    /// <summary>Whether nobody else can have the run: the lease was renewed not long ago.</summary>
    public bool IsCertain => time.GetElapsedTime(Volatile.Read(ref _asked)) < _certain;

    /// <summary>Notes that the lease was renewed.</summary>
    /// <param name="asked">When Redis was asked to. The lease is from later, so it ends here before it ends there.</param>
    public void Renewed(long asked) => Volatile.Write(ref _asked, asked);

    /// <summary>Makes certain of the lease. Where somebody else has the run it does not return before the work on the run is cancelled.</summary>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        while (!IsCertain)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var now = time.GetTimestamp();
                if ((await queue.RenewAsync([entry]).ConfigureAwait(false)).Count > 0)
                {
                    Renewed(now);
                    return;
                }

                lost();
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception away) when (RedisAway.Is(away))
            {
                await Task.Delay(s_pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
