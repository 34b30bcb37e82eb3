using System.Net;
using Loomflow.Aspire.EndToEnd.Tests.Chaos;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>A deployment under load: one orchestrator and one worker after the other is told to stop and started again.</summary>
public sealed class RollingRestartTests
{
    private const int Clients = 30;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_OfEveryOrchestratorAndWorkerUnderLoad_FailsNoRun()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Orchestrators = 2,
                Workers = 2,
                Workload = true,

                // What is under way when a service is told to stop ends before the service does, however slow the machine is.
                Settings = new Dictionary<string, string> { ["WORKLOAD_GATE"] = gate.Address, ["Running__DrainTimeout"] = "00:01:30", ["Worker__DrainTimeout"] = "00:01:30" },
            },
            Cancelled);
        using var http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        var held = new List<string>();
        var restarted = Task.Run(async () =>
        {
            foreach (var service in system.Orchestrators.Concat(system.Workers))
            {
                var last = held.Count;
                await GiveWorkAsync(system, gate, service, held);
                var stopped = service.StopAsync(Cancelled);
                (await TurnsUnreadyAsync(http, service, stopped)).ShouldBeTrue($"{service.Name} stopped and was ready until then\n{service.Tail}");
                foreach (var runId in held.Skip(last)) gate.LetPass(runId);
                await stopped;
                await service.StartAsync(Cancelled);
            }
        }, Cancelled);

        var runs = (await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var mine = new List<string>();
            do
            {
                // Some of them are slow, so that a service which is told to stop has something to finish or to hand back.
                mine.Add(await system.StartRunAsync(client % 3 == 0 ? "slow" : "orders", $"order {client}", $"user-{client % 7}", Cancelled));
                await system.EventsAsync(mine[^1], Cancelled);
            }
            while (!restarted.IsCompleted);
            return mine;
        }))).SelectMany(mine => mine).ToArray();
        await restarted;
        foreach (var runId in held) await system.EventsAsync(runId, Cancelled);

        await new Aftermath(system, "a rolling restart").CheckAsync([.. runs, .. held], Cancelled);
    }

    /// <summary>Starts runs that are held up at the gate, until one of their steps is this service's to carry out: it has something to drain.</summary>
    private static async Task GiveWorkAsync(Topology system, Gate gate, ServiceProcess service, List<string> held)
    {
        do
        {
            held.Add(await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled));
            await gate.ArrivedAsync(system, held[^1], Cancelled);
        }
        while (!Effect.ReadAll(system.EffectsDirectory).Any(effect => effect.RunId == held[^1] && effect.Process == service.Id));
    }

    /// <summary>Whether the service says that it takes nothing more while it still answers.</summary>
    private static async Task<bool> TurnsUnreadyAsync(HttpClient http, ServiceProcess service, Task stopped)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!stopped.IsCompleted)
        {
            try
            {
                using var response = await http.GetAsync($"{service.Http}/health", Cancelled);
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable) return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }

            await pause.WaitForNextTickAsync(Cancelled);
        }

        return false;
    }
}
