using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>Redis is gone for longer than the lease and every pause between tries.</summary>
public sealed class OutageTests
{
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(4);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Outage_RefusesNewRunsWithWhenToTryAgain_AndRunsGoOnAfterIt()
    {
        await using var redis = await RedisServer.StartAsync(new RedisServerOptions { AppendOnly = true });
        var done = new ConcurrentQueue<string>();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = Workflow.Chain(
            "held",
            Step.Of((string text) => { done.Enqueue("first"); return text + ">first"; }, "first"),
            Step.Of(async (string text) => { done.Enqueue("second"); entered.TrySetResult(); await letGo.Task; return text + ">second"; }, "second"),
            Step.Of((string text) => { done.Enqueue("third"); return text + ">third"; }, "third"));
        var waits = Workflow.Chain("waits", Waits.Signal<string, string>("go"));
        await using var host = await ApiHost.StartAsync(redis.ConnectionString, [held, waits]);
        var working = await host.StartRunAsync("held", "x", Cancelled);
        var waiting = await host.StartRunAsync("waits", "x", Cancelled);
        await entered.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        await host.UntilAsync(waiting, "waiting", Cancelled);

        await redis.KillAsync();
        letGo.SetResult();
        for (var since = Stopwatch.StartNew(); since.Elapsed < s_outage;)
        {
            using var refused = await host.Http.PostAsJsonAsync("/workflows/waits/runs", new { input = "y" }, Cancelled);
            await RefusalTests.ShouldBeProblemAsync(refused, 503, "store_away", "Try again");
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
        }

        await RefusalTests.ShouldRefuseAsync(
            () => host.Grpc.StartAsync(new StartRunRequest { Workflow = "waits", Input = ByteString.CopyFromUtf8("\"y\"") }), StatusCode.Unavailable, "store_away");

        await redis.RestartAsync();
        using (var accepted = await AcceptedAsync(host)) accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await UntilAsync(host, working, "completed")).ShouldBe("x>first>second>third");
        done.Count(step => step == "first").ShouldBe(1);
        done.Count(step => step == "third").ShouldBe(1);
        using (var signalled = await host.Http.PostAsJsonAsync($"/runs/{waiting}/signals/go", new { data = "now" }, Cancelled)) signalled.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await UntilAsync(host, waiting, "completed")).ShouldBe("now");
        using var events = host.Grpc.Events(new EventsRequest { RunId = working });
        var journal = new List<RunEvent>();
        while (await events.ResponseStream.MoveNext(Cancelled)) journal.Add(RunEventJson.Read(events.ResponseStream.Current.Event.Span));
        journal.OfType<StepCompleted>().Select(e => e.Path).ShouldBe(["first", "second", "third"]);
        journal.Count(e => e.IsTerminal).ShouldBe(1);
    }

    /// <summary>The first start that is taken again.</summary>
    private static async Task<HttpResponseMessage> AcceptedAsync(ApiHost host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            var response = await host.Http.PostAsJsonAsync("/workflows/waits/runs", new { input = "z" }, limit.Token);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable) return response;
            response.Dispose();
        }
    }

    private static async Task<string?> UntilAsync(ApiHost host, string run, string status) => (await host.UntilAsync(run, status, Cancelled)).GetProperty("output").GetString();
}
