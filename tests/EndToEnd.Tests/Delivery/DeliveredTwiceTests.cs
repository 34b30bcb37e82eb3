using Grpc.Core;
using Loomflow.Aspire.EndToEnd.Tests.Chaos;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests.Delivery;

/// <summary>A step whose start reaches the workers more than once, between real processes: it is carried out once, completed once and audited once.</summary>
public sealed class DeliveredTwiceTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_SentAgainBecauseTheWireWasCut_FindsTheStepThatItBegan()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await StartAsync(gate, orchestrators: 1, workers: 2);
        var runs = new List<string> { await DeliverAsync(system, gate) };
        foreach (var answersAreLost in (bool[])[false, true])
        {
            for (var cuts = 1; cuts <= 3; cuts++)
            {
                if (answersAreLost) Each(system, wire => wire.LoseAnswers());
                var runId = await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled);
                runs.Add(runId);
                await gate.ArrivedAsync(system, runId, Cancelled);
                for (var cut = 1; cut <= cuts; cut++)
                {
                    var connections = system.Wires.Sum(wire => wire.Connections);
                    Each(system, wire => wire.Cut());
                    await UntilAsync(system, () => system.Wires.Sum(wire => wire.Connections) > connections, "the workers are called anew");
                }

                gate.LetPass(runId);
                await system.EventsAsync(runId, Cancelled);
            }
        }

        await AssertOnceAsync(system, runs, "the wire was cut");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_OfAnOrchestratorThatStoodStillAndWasReplaced_ArrivesLateAndChangesNothing(bool afterTheEnd)
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await StartAsync(gate, orchestrators: 2, workers: 1);
        var (first, second) = (system.Orchestrators[0], system.Orchestrators[1]);
        await second.KillAsync();
        var wire = system.Wires.Single();
        var before = await DeliverAsync(system, gate);

        // The first one's start is on its way while the first one stands still, and the second one takes the run over.
        var sendOn = wire.HoldUp();
        var parcel = $"a parcel with {Guid.NewGuid():n} on it";
        var sent = wire.SentAsync(parcel);
        var runId = await system.StartRunAsync("delivery", parcel, "alice", Cancelled);
        await UntilAsync(system, () => sent.IsCompleted, "the first orchestrator has sent its start");
        first.Freeze();
        await second.StartAsync(Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);

        if (afterTheEnd)
        {
            gate.LetPass(runId);
            await UntilOverAsync(system, runId);
        }

        sendOn();
        first.Thaw();
        if (!afterTheEnd)
        {
            // It goes on with other runs, and so has found out that this one is not its own.
            var other = await system.StartRunAtAsync(first, "echo1", new { input = "hello" }, "alice", Guid.NewGuid().ToString("n"), Cancelled);
            await system.EventsAsync(other, Cancelled);
            gate.LetPass(runId);
        }

        await UntilOverAsync(system, runId);
        await AssertOnceAsync(system, [before, runId], $"the first orchestrator stood still, and its start arrived {(afterTheEnd ? "after the end of the run" : "while the second one's was under way")}");
        (await system.OwnersAsync(runId)).ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Orchestrator_ThatStoodStillUntilItsRunWasOver_SendsItsStepToNobodyWhenItWakes()
    {
        CuttableProxy? redisOfFirst = null;
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await StartAsync(gate, orchestrators: 2, workers: 1, (redis, index) => index > 0 ? new Dictionary<string, string>() : new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = (redisOfFirst = WireTo(redis)).Address.Authority,
        });
        using var _ = redisOfFirst!;
        var (first, second, worker) = (system.Orchestrators[0], system.Orchestrators[1], system.Workers[0]);
        await second.KillAsync();
        var runId = await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);
        first.Freeze();
        gate.LetPass(runId);
        await second.StartAsync(Cancelled);
        await UntilOverAsync(system, runId);

        // The worker has forgotten what it did: were it asked again, it would do it again. Nobody can tell the first orchestrator that it is too late.
        await worker.KillAsync();
        await worker.StartAsync(Cancelled);
        var tell = redisOfFirst!.HoldUp();
        first.Thaw();
        await UntilAsync(system, () => first.Output.Any(line => line.Contains("Redis does not answer", StringComparison.Ordinal)), "the first orchestrator has noticed that it hears nothing");
        tell();
        var other = await system.StartRunAsync("echo1", "hello", "alice", Cancelled);
        await system.EventsAsync(other, Cancelled);

        await new Aftermath(system, $"the first orchestrator stood still until the run was over\n{system.Tails}").CheckAsync([runId, other], Cancelled);
    }

    [Fact]
    public async Task Start_DeliveredAgainByACallerWithAValidCredential_FindsTheStepUnderWayAndItsResult()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await StartAsync(gate, orchestrators: 1, workers: 1);
        var worker = system.Workers[0];
        var runId = await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);
        var start = DirectStream.Start(runId, "alice", "parcel", "a parcel");
        await using var one = await DirectStream.OpenAsync(worker, system.TokenFor("agentworker"));
        await using var two = await DirectStream.OpenAsync(worker, system.TokenFor("agentworker"));

        // The same start at the same time, beside that of the orchestrator: whoever came last has the step, and the orchestrator comes back for it.
        var delivered = await Task.WhenAll(one.DeliverAsync(start), two.DeliverAsync(start));
        var displaced = await Task.WhenAny(delivered);
        (await displaced).Refusal.Code.ShouldBe((int)StatusCode.Aborted);
        gate.LetPass(runId);
        await system.EventsAsync(runId, Cancelled);
        await Task.WhenAll(delivered);

        // And after the end.
        var again = await (await one.DeliverAsync(start));
        Payload.FromJson(again.Result.Output.Memory).As<string>().ShouldBe("a parcel");

        // A step that no orchestrator knows of, delivered twice at the same time.
        var unknown = RunIdentity.NewRunId();
        gate.LetPass(unknown);
        var twice = await Task.WhenAll(one.DeliverAsync(DirectStream.Start(unknown, "alice", "parcel", "x")), two.DeliverAsync(DirectStream.Start(unknown, "alice", "parcel", "x")));
        var words = await Task.WhenAll(twice);
        words.ShouldContain(word => word.Result != null);
        Effect.ReadAll(system.EffectsDirectory).Count(effect => effect.RunId == unknown).ShouldBe(1);

        await AssertOnceAsync(system, [runId], "its start was delivered by others, too", unknown);
    }

    private static CuttableProxy WireTo(RedisServer redis)
    {
        var wire = new CuttableProxy();
        wire.LeadTo(redis.Port);
        return wire;
    }

    private static Task<Topology> StartAsync(Gate gate, int orchestrators, int workers, Func<RedisServer, int, IReadOnlyDictionary<string, string>>? ofOrchestrator = null) => Topology.StartAsync(
        new TopologyOptions
        {
            Orchestrators = orchestrators,
            Workers = workers,
            Workload = true,
            Wires = true,
            OfOrchestrator = ofOrchestrator,
            Settings = new Dictionary<string, string> { ["WORKLOAD_GATE"] = gate.Address, ["Running__Lease"] = "00:00:01" },
        },
        Cancelled);

    /// <summary>A run that nothing happens to, after which there are connections.</summary>
    private static async Task<string> DeliverAsync(Topology system, Gate gate)
    {
        var runId = await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled);
        gate.LetPass(runId);
        await system.EventsAsync(runId, Cancelled);
        return runId;
    }

    private static async Task AssertOnceAsync(Topology system, IReadOnlyCollection<string> runs, string state, params string[] besides)
    {
        var aftermath = new Aftermath(system, state);
        await aftermath.CheckAsync(runs, Cancelled);
        aftermath.Repeated.ShouldBeEmpty($"{state}\n{system.Tails}");
        var parcels = Effect.ReadAll(system.EffectsDirectory).Where(effect => effect.Key.EndsWith("/parcel#1", StringComparison.Ordinal));
        parcels.Select(effect => effect.RunId).Except(besides).Order().ShouldBe(runs.Order(), state);
    }

    private static void Each(Topology system, Action<CuttableProxy> action)
    {
        foreach (var wire in system.Wires) action(wire);
    }

    private static Task UntilOverAsync(Topology system, string runId) =>
        system.UntilAsync(async () => await system.JournalAsync(runId) is [.., { IsTerminal: true }], () => $"run {runId} is over", Cancelled);

    private static Task UntilAsync(Topology system, Func<bool> isSo, string what) => system.UntilAsync(() => Task.FromResult(isSo()), () => what, Cancelled);
}
