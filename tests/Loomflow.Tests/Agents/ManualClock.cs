using Loomflow.Testing;

namespace Loomflow.Tests.AgentLoop;

internal static class ManualClock
{
    /// <summary>Moves the clock until the work is done, for work whose timers come up one after the other. Gives up after a minute.</summary>
    public static async Task<T> RunAsync<T>(this ManualTimeProvider clock, Task<T> work, TimeSpan step)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!work.IsCompleted)
        {
            // What does not wait for the clock has a moment to go on in before the clock moves again, on a busy machine, too.
            var waits = clock.PendingTimers > 0;
            if (waits) clock.Advance(step);
            await Task.WhenAny(work, Task.Delay(waits ? 100 : 5, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        return await work;
    }
}
