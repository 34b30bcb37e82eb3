using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>What can be done with runs, over REST and over gRPC alike.</summary>
public sealed class RunsApiTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private bool _healed;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IWorkflow[] Workflows =>
    [
        Workflow.Chain("echo", Step.Of((string text) => text, "say")),
        Workflow.Chain("fragile", Step.Of((string text) => text + "!", "first"), Step.Of((string text) => _healed ? text : throw new InvalidOperationException("broken"), "second")),
        Workflow.Chain("waits", Waits.Signal<string, string>("go")),
    ];

    [Fact]
    public async Task Start_AnswersAcceptedWithTheAddress_OrTheEndedRunForWhomeverWaits()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);

        using var accepted = await host.Http.PostAsJsonAsync("/workflows/waits/runs", new { input = "x" }, Cancelled);
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("id").GetString()!;
        accepted.Headers.Location!.ToString().ShouldBe($"/runs/{id}");

        using var waiting = new HttpRequestMessage(HttpMethod.Post, "/workflows/echo/runs") { Content = JsonContent.Create(new { input = "hello" }) };
        waiting.Headers.Add("Prefer", "wait=60");
        using var ended = await host.Http.SendAsync(waiting, Cancelled);
        ended.StatusCode.ShouldBe(HttpStatusCode.OK);
        var run = await ended.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        run.GetProperty("output").GetString().ShouldBe("hello");
        run.GetProperty("visited")[0].GetString().ShouldBe("say");
    }

    /// <summary>Whoever waits is answered by the run's owner, who knows it without reading it; whoever asks later, from the record and the journal.</summary>
    [Theory]
    [InlineData("echo", "completed")]
    [InlineData("fragile", "failed")]
    [InlineData("waits", "cancelled")]
    public async Task Start_ThatWaits_AnswersWhatIsThereToReadAfterwards(string workflow, string status)
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workflows/{workflow}/runs") { Content = JsonContent.Create(new { input = "hello", metadata = new { order = "7" } }) };
        request.Headers.Add("Prefer", "wait=60");
        var answer = host.Http.SendAsync(request, Cancelled);
        if (status == "cancelled")
        {
            await Running.Replica.UntilAsync(async () => (await IdsAsync(host, "/runs?status=waiting")).Any(), Cancelled);
            await host.Http.PostAsJsonAsync($"/runs/{(await IdsAsync(host, "/runs?status=waiting")).Single()}/cancel", new { reason = "no longer needed" }, Cancelled);
        }

        using var ended = await answer;
        var run = await ended.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        run.GetProperty("status").GetString().ShouldBe(status);
        run.ToString().ShouldBe((await host.GetAsync($"/runs/{run.GetProperty("id").GetString()}", Cancelled)).ToString());
    }

    [Fact]
    public async Task List_PagesThroughEverything_AndFilters()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var started = new List<string>();
        for (var i = 0; i < 5; i++) started.Add(await host.StartRunAsync(i == 2 ? "waits" : "echo", "x", Cancelled));
        foreach (var id in started) await host.UntilAsync(id, id == started[2] ? "waiting" : "completed", Cancelled);

        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await host.GetAsync($"/runs?pageSize=2{cursor}", Cancelled);
            seen.AddRange(page.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()!));
            cursor = page.TryGetProperty("nextCursor", out var next) ? $"&cursor={next.GetString()}" : null;
        }

        seen.ShouldBe(started, ignoreOrder: true);
        (await IdsAsync(host, "/runs?status=waiting")).ShouldBe([started[2]]);
        (await IdsAsync(host, "/runs?workflow=echo")).Count().ShouldBe(4);
        (await host.Grpc.ListAsync(new ListRunsRequest { Status = "waiting" })).Runs.ShouldHaveSingleItem().Run.RunId.ShouldBe(started[2]);
    }

    [Fact]
    public async Task Events_GoOnAfterTheLastOneSeen_AndEndWithTheTerminalOne()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var id = await host.StartRunAsync("echo", "x", Cancelled);
        await host.UntilAsync(id, "completed", Cancelled);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/runs/{id}/events");
        request.Headers.Add("Last-Event-ID", "2");
        using var response = await host.Http.SendAsync(request, Cancelled);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var ids = (await response.Content.ReadAsStringAsync(Cancelled)).Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).ToArray();
        ids.ShouldBe(["id: 3", "id: 4"]);

        using var events = host.Grpc.Events(new EventsRequest { RunId = id, After = 2 });
        var sequences = new List<long>();
        while (await events.ResponseStream.MoveNext(Cancelled)) sequences.Add(events.ResponseStream.Current.Sequence);
        sequences.ShouldBe([3, 4]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RetryAndFork_StartRunsThatKeepWhatWasCompleted(bool grpc)
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var failed = await host.StartRunAsync("fragile", "x", Cancelled);
        (await host.UntilAsync(failed, "failed", Cancelled)).GetProperty("failure").GetProperty("message").GetString().ShouldBe("broken");
        _healed = true;

        var retried = grpc ? (await host.Grpc.RetryAsync(new RunRequest { RunId = failed })).Run.RunId : await PostAsync(host, $"/runs/{failed}/retry", null);
        var forked = grpc ? (await host.Grpc.ForkAsync(new ForkRunRequest { RunId = failed, From = "second" })).Run.RunId : await PostAsync(host, $"/runs/{failed}/fork", new { from = "second" });

        foreach (var id in new[] { retried, forked })
        {
            var run = await host.UntilAsync(id, "completed", Cancelled);
            run.GetProperty("output").GetString().ShouldBe("x!");
            run.GetProperty("forkedFrom").GetString().ShouldBe(failed);
            var view = await host.Grpc.GetAsync(new RunRequest { RunId = id });
            view.ForkedFrom.ShouldBe(failed);
            view.History.Select(visit => visit.Path).ShouldBe(["first", "second"]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ParkedRuns_AreListedWithTheirReason_RequeuedAndDiscarded(bool grpc)
    {
        var runs = new List<string>();
        await using (var old = await ApiHost.StartAsync(_redis, Workflows))
        {
            for (var i = 0; i < 2; i++) runs.Add(await old.StartRunAsync("waits", "x", Cancelled));
            foreach (var id in runs) await old.UntilAsync(id, "waiting", Cancelled);
            await old.StopAsync();
        }

        await using (var changed = await ApiHost.StartAsync(_redis, [Workflow.Chain("waits", Step.Of((string text) => text, "other"))]))
        {
            foreach (var id in runs)
            {
                if (grpc) await changed.Grpc.SignalAsync(new SignalRequest { RunId = id, Name = "go", Data = ByteString.CopyFromUtf8("\"now\"") });
                else await PostAsync(changed, $"/runs/{id}/signals/go", new { data = "now" });
                await changed.UntilAsync(id, "parked", Cancelled);
            }

            var parked = grpc
                ? (await changed.Grpc.ListParkedAsync(new ListParkedRequest())).Runs.ToDictionary(run => run.Run.RunId, run => run.Reason)
                : (await changed.GetAsync("/runs/parked", Cancelled)).GetProperty("runs").EnumerateArray().ToDictionary(run => run.GetProperty("id").GetString()!, run => run.GetProperty("reason").GetString()!);
            parked.Keys.ShouldBe(runs, ignoreOrder: true);
            parked.Values.ShouldAllBe(reason => reason.Contains("No live orchestrator has definition"));

            if (grpc) await changed.Grpc.DiscardAsync(new DiscardRunRequest { RunId = runs[0], Reason = "not worth it" });
            else await PostAsync(changed, $"/runs/{runs[0]}/discard", new { reason = "not worth it" });
            (await changed.UntilAsync(runs[0], "cancelled", Cancelled)).GetProperty("reason").GetString().ShouldBe("not worth it");
            await changed.StopAsync();
        }

        await using var back = await ApiHost.StartAsync(_redis, Workflows);
        if (grpc) await back.Grpc.RequeueAsync(new RunRequest { RunId = runs[1] });
        else await PostAsync(back, $"/runs/{runs[1]}/requeue", null);
        (await back.UntilAsync(runs[1], "completed", Cancelled)).GetProperty("output").GetString().ShouldBe("now");
        (await IdsAsync(back, "/runs/parked")).ShouldBeEmpty();
    }

    [Fact]
    public async Task WorkflowsGraphsAndTheQueue_AreTheSameOverBoth()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows, ("Running:WorkflowLimits:waits", "3"));

        var rest = (await host.GetAsync("/workflows", Cancelled)).EnumerateArray().Select(workflow => (workflow.GetProperty("name").GetString(), workflow.GetProperty("definition").GetString()));
        (await host.Grpc.ListWorkflowsAsync(new ListWorkflowsRequest())).Workflows.Select(workflow => ((string?)workflow.Name, (string?)workflow.Definition)).ShouldBe(rest);
        foreach (var (format, type, content) in new[] { ("svg", "image/svg+xml", "<svg"), ("mermaid", "text/plain", "flowchart"), ("dot", "text/plain", "digraph") })
        {
            using var response = await host.Http.GetAsync($"/workflows/fragile/graph?format={format}", Cancelled);
            var picture = await response.Content.ReadAsStringAsync(Cancelled);
            picture.ShouldContain(content);
            response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
            var graph = await host.Grpc.GetGraphAsync(new GetGraphRequest { Workflow = "fragile", Format = format });
            (graph.Content, graph.ContentType).ShouldBe((picture, type));
        }

        var queue = await host.GetAsync("/queue", Cancelled);
        queue.GetProperty("workflows")[0].GetProperty("limit").GetInt32().ShouldBe(3);
        (await host.Grpc.GetQueueAsync(new GetQueueRequest())).Workflows.ShouldHaveSingleItem().Workflow.ShouldBe("waits");
    }

    [Fact]
    public async Task Start_TwiceWithOneIdempotencyKey_IsOneRun()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        async Task<HttpResponseMessage> Start(string input)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/workflows/echo/runs") { Content = JsonContent.Create(new { input }) };
            request.Headers.Add("Idempotency-Key", "k-1");
            return await host.Http.SendAsync(request, Cancelled);
        }

        using var first = await Start("x");
        using var second = await Start("x");
        using var other = await Start("y");

        (await second.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("id").GetString()
            .ShouldBe((await first.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("id").GetString());
        await RefusalTests.ShouldBeProblemAsync(other, 409, "key_reused", "use a new key");
    }

    private static async Task<IEnumerable<string>> IdsAsync(ApiHost host, string path) =>
        (await host.GetAsync(path, Cancelled)).GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()!);

    private static async Task<string> PostAsync(ApiHost host, string path, object? body)
    {
        using var response = await host.Http.PostAsync(path, body is null ? null : JsonContent.Create(body), Cancelled);
        var text = await response.Content.ReadAsStringAsync(Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, text);
        return text.Length > 0 ? JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()! : "";
    }
}
