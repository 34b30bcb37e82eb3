using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Stops runs, and with them the runs that they have started.</summary>
internal sealed class RunCancellation(RedisRunStore store, RunQueue queue)
{
    /// <summary>Asks a run to stop. One that nobody works on stops at once; one that has ended stays as it is.</summary>
    /// <returns>Whether there is such a run.</returns>
    public async Task<bool> CancelAsync(string runId, string reason)
    {
        if (await store.GetAsync(runId) is not { } run) return false;
        if (run.Status == RunStatus.Parked && await DiscardAsync(run, reason)) return true;

        // A run that starts later, or is far back in line, need not wait for its turn to be cancelled.
        if (await store.PostAsync(runId, new InboxMessage { Cancel = reason }) is RunStatus.Queued or RunStatus.Waiting) await queue.AddAsync(runId);
        return true;
    }

    /// <summary>Stops whatever a run has started that still goes on, now that the run itself has ended. Doing it twice does no harm.</summary>
    public async Task CancelChildrenAsync(RunIdentity run)
    {
        foreach (var child in await store.ChildrenAsync(run.RunId)) await CancelAsync(child, $"the run that started it, {run.RunId}, has ended");
    }

    /// <summary>Ends a parked run as cancelled.</summary>
    /// <returns>Whether the run was parked.</returns>
    public async Task<bool> DiscardAsync(RunRecord run, string reason)
    {
        if (!await store.DiscardAsync(run, reason)) return false;

        // Its last entries still have to be audited.
        await queue.AddAsync(run.Header.Run.RunId);
        return true;
    }
}
