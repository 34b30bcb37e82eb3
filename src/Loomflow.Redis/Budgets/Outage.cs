namespace Loomflow.Redis.Budgets;

/// <summary>A Redis that is away for a while delays a call; it does not fail it. Counting is never skipped.</summary>
internal static class Outage
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Carries out a call that may be made twice, for as long as there is hope.</summary>
    public static async Task<T> RideOutAsync<T>(Func<Task<T>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call().WaitAsync(cancellationToken);
            }
            catch (Exception away) when (RedisAway.Is(away) && time.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }
}
