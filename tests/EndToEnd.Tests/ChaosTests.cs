namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>Kill anything, lose nothing: real processes that are killed, frozen and restarted while runs are under way.</summary>
public sealed class ChaosTests
{
    private const int Clients = 16;
    private const int MostRunsPerClient = 15;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_WhileEverythingIsKilledAndRestarted_EndOnceAndAreAuditedOneToOne()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        var random = new Random(seed);
        await using var system = await Topology.StartAsync(new TopologyOptions { Orchestrators = 2, Workers = 3 }, Cancelled);

        // Clients go on starting runs for as long as things break, so that every break meets runs under way.
        var breaks = BreakAsync(system, random);
        var clients = Enumerable.Range(0, Clients).Select(client => RunUntilAsync(system, client, new Random(seed + client), breaks)).ToArray();
        var ended = (await Task.WhenAll(clients)).SelectMany(runs => runs).ToArray();
        await breaks;

        foreach (var (runId, events) in ended)
        {
            var state = $"run {runId}, seed {seed}";
            events.Count(e => e.IsTerminal).ShouldBe(1, state);
            events[^1].ShouldBeOfType<RunCompleted>($"{state}: {(events[^1] as RunFailed)?.Failure}");
            events.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i), state);
            events.OfType<StepCompleted>().GroupBy(e => (e.Path, e.Visit)).ShouldAllBe(step => step.Count() == 1, state);
            events.OfType<ToolReturned>().GroupBy(e => (e.Path, e.CallId)).ShouldAllBe(call => call.Count() == 1, state);
        }

        foreach (var (runId, events) in ended) await AuditMatchesAsync(system, runId, events);
        (await system.VerifyAsync(Cancelled)).ShouldBeTrue($"seed {seed}");
    }

    private static async Task<IReadOnlyList<(string RunId, IReadOnlyList<RunEvent> Events)>> RunUntilAsync(Topology system, int client, Random random, Task breaks)
    {
        var runs = new List<(string, IReadOnlyList<RunEvent>)>();
        do
        {
            runs.Add(await RunAsync(system, (client * MostRunsPerClient) + runs.Count, random.Next(3)));
        }
        while (!breaks.IsCompleted && runs.Count < MostRunsPerClient);

        return runs;
    }

    private static async Task<(string RunId, IReadOnlyList<RunEvent> Events)> RunAsync(Topology system, int number, int kind)
    {
        var runId = kind switch
        {
            0 => await system.StartRunAsync("refund_flow", $"Refund INV-2026-{number:0000} $20", $"user-{number % 7}", Cancelled),
            1 => await system.StartRunAsync("support", $"My laptop shows error {number} when it starts.", $"user-{number % 7}", Cancelled),
            _ => await system.StartRunAsync("support", $"I want a refund for invoice INV-2026-{number:0000}, it was charged twice.", $"user-{number % 7}", Cancelled),
        };
        return (runId, await system.EventsAsync(runId, Cancelled));
    }

    /// <summary>Breaks one thing after the other and mends it again, each kind at least once, while the runs go on.</summary>
    private static async Task BreakAsync(Topology system, Random random)
    {
        Func<Task>[] breaks =
        [
            () => KillAsync(system.Workers[random.Next(system.Workers.Count)]),
            () => KillAsync(system.Orchestrators[random.Next(system.Orchestrators.Count)]),
            () => KillAsync(system.Audit),
            () => FreezeAsync(system.Orchestrators[random.Next(system.Orchestrators.Count)]),
        ];
        random.Shuffle(breaks);
        foreach (var one in breaks)
        {
            await Task.Delay(random.Next(50, 400), Cancelled);
            await one();
        }
    }

    private static async Task KillAsync(ServiceProcess service)
    {
        await service.KillAsync();
        await service.StartAsync(Cancelled);
    }

    /// <summary>Longer than the lease, so that its runs are taken over before it wakes.</summary>
    private static async Task FreezeAsync(ServiceProcess service)
    {
        service.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(5), Cancelled);
        service.Thaw();
    }

    private static async Task AuditMatchesAsync(Topology system, string runId, IReadOnlyList<RunEvent> events)
    {
        var identity = new RunIdentity { RunId = runId, Name = "", SessionId = "" };
        var expected = events.Where(e => AuditMapper.Map(e, identity) is not null).Select(e => $"{runId}/{e.Sequence}").ToArray();

        // The last entries of a run are forwarded after its end has been shown.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var page = await system.AuditAsync($"/v1/entries?run={runId}&pageSize=1000", Cancelled);
            var found = page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("eventId").GetString()).ToArray();
            if (found.SequenceEqual(expected)) return;
            if (limit.IsCancellationRequested) found.ShouldBe(expected);
            await pause.WaitForNextTickAsync(Cancelled);
        }
    }
}
