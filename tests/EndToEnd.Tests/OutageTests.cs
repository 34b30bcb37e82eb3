using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Loomflow.Aspire.EndToEnd.Tests.Chaos;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>Redis is gone for much longer than a command may take: killed, so that nobody listens, or stopped in its tracks, so that it takes what is sent and never answers.</summary>
public sealed class OutageTests
{
    private const int Callers = 20;

    /// <summary>How long a command may take.</summary>
    private static readonly TimeSpan s_command = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Runs_WaitWhileRedisIsGone_AndNewOnesAreToldAtOnceToComeBackLater(bool killed)
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(new TopologyOptions { Orchestrators = 2, Workload = true, Settings = new Dictionary<string, string> { ["WORKLOAD_GATE"] = gate.Address } }, Cancelled);
        using var http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await system.KeyOfAsync("alice"));
        using var probe = new HttpClient();
        var held = await system.StartRunAsync("delivery", "a parcel", "alice", Cancelled);
        var waiting = await system.StartRunAsync("wait", "a question", "alice", Cancelled);
        await gate.ArrivedAsync(system, held, Cancelled);
        await system.UntilAsync(async () => (await system.GetRunAsync(waiting, Cancelled)).GetProperty("status").GetString() == "waiting", () => $"run {waiting} waits", Cancelled);

        if (killed) await system.Redis.KillAsync();
        else system.Redis.Pause();
        var since = Stopwatch.StartNew();
        foreach (var orchestrator in system.Orchestrators)
        {
            await RefusedAsync(http, orchestrator);
            TestContext.Current.SendDiagnosticMessage("refused {0} after Redis was gone", since.Elapsed);
        }

        foreach (var orchestrator in system.Orchestrators)
        {
            await system.UntilAsync(async () => await StatusAsync(probe, orchestrator, "/health") == HttpStatusCode.ServiceUnavailable, () => "the orchestrator says that it is not ready", Cancelled);
            (await StatusAsync(probe, orchestrator, "/alive")).ShouldBe(HttpStatusCode.OK);

            // One command each would take many times as long.
            since.Restart();
            for (var caller = 0; caller < Callers; caller++) await RefusedAsync(http, orchestrator);
            since.Elapsed.ShouldBeLessThan(s_command * Callers / 4);
            TestContext.Current.SendDiagnosticMessage("{0} refused in {1}", Callers, since.Elapsed);
        }

        gate.LetPass(held);
        if (killed) await system.Redis.RestartAsync();
        else system.Redis.Resume();
        var after = await system.StartRunAsync("echo1", "hello", "alice", Cancelled);
        await system.EventsAsync(after, Cancelled);
        await system.EventsAsync(held, Cancelled);
        foreach (var orchestrator in system.Orchestrators)
        {
            await system.UntilAsync(async () => await StatusAsync(probe, orchestrator, "/health") == HttpStatusCode.OK, () => "the orchestrator is ready again", Cancelled);
        }

        var question = (await http.GetFromJsonAsync<JsonElement>($"{system.Orchestrators[0].Http}/runs/{waiting}/approvals", Cancelled))[0].GetProperty("approvalId").GetString()!;
        using (var answered = await http.PostAsJsonAsync($"{system.Orchestrators[0].Http}/runs/{waiting}/approvals/{question}", new { approved = true }, Cancelled)) answered.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await system.EventsAsync(waiting, Cancelled);

        // Whoever was refused may find that the run was accepted all the same; whoever was accepted finds that it was.
        var aftermath = new Aftermath(system, killed ? "Redis was killed" : "Redis stood still");
        await system.UntilAsync(async () => await system.QueuedAsync() == 0, () => "the queue is empty", Cancelled);
        await aftermath.CheckAsync([held, waiting, after], Cancelled);
        aftermath.Repeated.ShouldBeEmpty(system.Tails);
    }

    private static async Task RefusedAsync(HttpClient http, ServiceProcess orchestrator)
    {
        using var refused = await http.PostAsJsonAsync($"{orchestrator.Http}/workflows/echo1/runs", new { input = "hello" }, Cancelled);
        var answer = await refused.Content.ReadAsStringAsync(Cancelled);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, $"{answer}\n{orchestrator.Tail}");
        answer.ShouldContain("urn:loomflow:store_away");
        refused.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldBe(TimeSpan.FromSeconds(2));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient probe, ServiceProcess service, string path)
    {
        using var response = await probe.GetAsync($"{service.Http}{path}", Cancelled);
        return response.StatusCode;
    }
}
