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
            clock.Advance(step);
            await Task.Delay(2, limit.Token);
        }

        return await work;
    }
}
