using Loomflow.Aspire.EndToEnd.Tests.Chaos;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests.CrashPoints;

/// <summary>
/// One run, whose orchestrator is killed at each of its writes to Redis, from the acceptance of the run to the last word to the queue: before Redis sees
/// the write, and after Redis has carried it out and the orchestrator does not know. Another orchestrator finishes the run. Of the many places the seed picks
/// some; <c>LOOMFLOW_CRASH_POINTS=all</c> walks through all of them.
/// </summary>
public sealed class WriteBoundaryTests
{
    /// <summary>How many of the places are tried unless all are asked for.</summary>
    private const int Picked = 12;

    /// <summary>Steps that the orchestrator carries out itself: one that is under way when it is killed is begun again.</summary>
    private static readonly string[] s_local = ["validate", "greet", "close", "debit"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WhoseOrchestratorIsKilledAtAnyOfItsWrites_EndsOnceDoesNothingTwiceAndIsAuditedOneToOne()
    {
        RedisWire? wire = null;
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Orchestrators = 2,
                Workers = 2,
                Workload = true,
                FrontDoor = true,
                OfOrchestrator = (redis, index) => index == 0 ? OfVictim((wire ??= new RedisWire(redis.Port)).Endpoint) : OfSurvivor,
            },
            Cancelled);
        using var _ = wire!;
        var walk = new Walk(system, wire!, $"LOOMFLOW_CHAOS_SEED={ChaosTests.Seed}", Cancelled);

        // Steps that overlap write together or one after the other, so that not every run has the same number of writes.
        var writes = Math.Max(await walk.CountAsync(), await walk.CountAsync());
        writes.ShouldBeGreaterThan(20);
        CrashPoint[] places = [.. Enumerable.Range(1, writes).SelectMany(write => (CrashPoint[])[new(write, false), new(write, true)])];
        var all = Environment.GetEnvironmentVariable("LOOMFLOW_CRASH_POINTS") == "all";
        if (!all) new Random(ChaosTests.Seed).Shuffle(places);

        // A run that is over before its place comes is made up for by another one.
        var (reached, tried) = (0, 0);
        foreach (var place in places)
        {
            if (!all && reached == Picked) break;
            tried++;
            if (await walk.StopAtAsync(place) is not { } stopped) continue;
            reached++;
            stopped.Repeated.ShouldAllBe(key => s_local.Any(step => key.EndsWith($"/{step}#1", StringComparison.Ordinal)), stopped.Place);
            stopped.Repeated.Count.ShouldBeLessThanOrEqualTo(1, stopped.Place);
            TestContext.Current.SendDiagnosticMessage("{0}", stopped.Place);
        }

        TestContext.Current.SendDiagnosticMessage("{0} writes, stopped at {1} of {2} places, LOOMFLOW_CHAOS_SEED={3}", writes, reached, tried, ChaosTests.Seed);
        reached.ShouldBeGreaterThanOrEqualTo(all ? places.Length * 3 / 4 : Picked);
    }

    /// <summary>It writes nothing but what the run makes it write: nothing falls due by time, and nobody else is taken over from.</summary>
    private static Dictionary<string, string> OfVictim(string redis) => new()
    {
        ["ConnectionStrings__redis"] = redis,
        ["Running__Lease"] = "01:00:00",
        ["Running__PollInterval"] = "00:01:00",
        ["Retention__Interval"] = "01:00:00",
    };

    private static Dictionary<string, string> OfSurvivor { get; } = new() { ["Running__Lease"] = "00:00:01", ["Running__PollInterval"] = "00:00:00.1" };
}
