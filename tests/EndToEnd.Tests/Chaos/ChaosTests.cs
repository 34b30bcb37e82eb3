using System.Collections.Concurrent;
using System.Globalization;

namespace Loomflow.Aspire.EndToEnd.Tests.Chaos;

/// <summary>
/// Kill anything, lose nothing: real processes that are killed, frozen, cut off and restarted while 200 runs are under way. The seed of a run
/// that failed is in its message; <c>LOOMFLOW_CHAOS_SEED</c> has the same breaks come in the same order, <c>LOOMFLOW_CHAOS_ROUNDS</c> has all of
/// them come more than once.
/// </summary>
public sealed class ChaosTests
{
    private const int ConcurrentRuns = 200;
    private const int MostRunsOfOneClient = 12;

    internal static readonly int Seed = Setting("LOOMFLOW_CHAOS_SEED") ?? Environment.TickCount;
    private static readonly int s_rounds = Setting("LOOMFLOW_CHAOS_ROUNDS") ?? 1;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_WhileEverythingIsKilledFrozenAndCutOff_EndOnceDoNothingTwiceAndAreAuditedOneToOne()
    {
        TestContext.Current.SendDiagnosticMessage("LOOMFLOW_CHAOS_SEED={0}", Seed);
        await using var system = await Topology.StartAsync(
            new TopologyOptions { Orchestrators = 2, Workers = 3, Workload = true, Wires = true, Settings = new Dictionary<string, string> { ["Worker__Capacity"] = "100" } }, Cancelled);
        var breaks = new Breaks(system, new Random(Seed));

        // Clients go on starting runs for as long as things break, so that every break meets runs under way.
        var breaking = breaks.RunAsync(s_rounds, Cancelled);
        var runs = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, ConcurrentRuns).Select(client => RunUntilAsync(system, client, runs, breaking)));
        await breaking;

        var aftermath = new Aftermath(system, $"LOOMFLOW_CHAOS_SEED={Seed}, breaks: {string.Join(", ", breaks.Done)}", breaks.StoodStill);
        await aftermath.CheckAsync(runs, Cancelled);
        TestContext.Current.SendDiagnosticMessage("{0}", aftermath.Summary);
    }

    private static async Task RunUntilAsync(Topology system, int client, ConcurrentBag<string> runs, Task breaking)
    {
        for (var count = 0; count == 0 || (!breaking.IsCompleted && count < MostRunsOfOneClient * s_rounds); count++)
        {
            var runId = await system.StartRunAsync("orders", $"order {client}/{count}", $"user-{client % 7}", Cancelled);
            runs.Add(runId);
            await system.EventsAsync(runId, Cancelled);
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;
}
