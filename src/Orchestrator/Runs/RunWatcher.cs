using System.Runtime.CompilerServices;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Follows journals: what is there, and each new event as it comes, until the terminal one.</summary>
internal sealed class RunWatcher(RedisRunStore store)
{
    /// <summary>How often to look when no change is announced: announcements can get lost, journals cannot.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    public async IAsyncEnumerable<RunEvent> FollowAsync(string runId, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var changed = new SemaphoreSlim(0);
        await using var subscription = await store.OnChangeAsync(runId, () =>
        {
            if (changed.CurrentCount == 0) changed.Release();
        });
        while (true)
        {
            await foreach (var runEvent in store.ReadAsync(runId, after, cancellationToken))
            {
                after = runEvent.Sequence;
                yield return runEvent;
                if (runEvent.IsTerminal) yield break;
            }

            // Whoever asks for what comes after the end gets nothing rather than a wait.
            if (await store.GetAsync(runId) is not { } run || (run.IsTerminal && run.Sequence <= after)) yield break;
            await changed.WaitAsync(s_poll, cancellationToken);
        }
    }
}
