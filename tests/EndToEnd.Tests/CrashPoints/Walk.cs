using Loomflow.Aspire.EndToEnd.Tests.Chaos;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests.CrashPoints;

/// <summary>
/// Has the first orchestrator work on a run alone until it is stopped, and the second one finish it. While the first one works the second stands still, so
/// that every write of the run comes over the wire.
/// </summary>
internal sealed class Walk(Topology system, RedisWire wire, string seed, CancellationToken cancellationToken)
{
    private readonly HashSet<string> _looked = [];

    private ServiceProcess Victim => system.Orchestrators[0];

    private ServiceProcess Survivor => system.Orchestrators[1];

    /// <summary>How many writes a run takes that nothing happens to.</summary>
    public async Task<int> CountAsync()
    {
        Survivor.Freeze();
        _ = wire.StopAt(int.MaxValue, carriedOut: false);
        var runId = await StartAsync(Guid.NewGuid().ToString("n"));
        await UntilOverAsync(runId, "while it is counted");
        var writes = wire.Writes;
        Survivor.Thaw();
        await CheckAsync(runId, string.Join('\n', writes));
        return writes.Count;
    }

    /// <summary>Stops the first orchestrator at a place of a run.</summary>
    /// <returns>What came of it, or nothing where this run was over before that.</returns>
    public async Task<Stopped?> StopAtAsync(CrashPoint place)
    {
        Survivor.Freeze();
        system.LeadTo(Victim);
        var key = Guid.NewGuid().ToString("n");
        var reached = wire.StopAt(place.Write, place.CarriedOut);
        var start = StartAsync(key);
        await system.UntilAsync(
            async () => reached.IsCompleted || start.IsFaulted || (start.IsCompletedSuccessfully && await IsOverAsync(await start)),
            () => $"the run is over or stopped {place}, {seed}; written is\n{string.Join('\n', wire.Writes)}",
            cancellationToken);

        await Victim.KillAsync();
        wire.Reset();
        system.LeadTo(Survivor);
        Survivor.Thaw();
        await ((Task)start).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Whoever got no answer asks again; whoever did gets the same one.
        var again = await system.StartRunAtAsync(Survivor, "orders", new { input = "a book" }, "alice", key, cancellationToken);
        if (start.IsCompletedSuccessfully) (await start).ShouldBe(again);
        var restarted = Victim.StartAsync(cancellationToken);
        var where = $"{place} ({(reached.IsCompleted ? await reached : "not reached")}), {seed}";
        var aftermath = await CheckAsync(again, where);
        await restarted;
        return reached.IsCompleted ? new Stopped(where, aftermath.Repeated) : null;
    }

    private Task<string> StartAsync(string key) => system.StartRunAtAsync(Victim, "orders", new { input = "a book" }, "alice", key, cancellationToken);

    private async Task<bool> IsOverAsync(string runId) => await system.QueuedAsync() == 0 && await system.JournalAsync(runId) is [.., { IsTerminal: true }];

    private Task UntilOverAsync(string runId, string where) => system.UntilAsync(() => IsOverAsync(runId), () => $"run {runId} is over, and the queue is empty, {where}", cancellationToken);

    private async Task<Aftermath> CheckAsync(string runId, string where)
    {
        await UntilOverAsync(runId, where);
        var aftermath = new Aftermath(system, where);
        _looked.UnionWith(await aftermath.CheckAsync([runId], cancellationToken, _looked));
        return aftermath;
    }
}
