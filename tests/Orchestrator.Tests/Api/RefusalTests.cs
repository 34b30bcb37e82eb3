using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Testing;
using Loomflow.V1;
using Loomflow.V1.Rpc;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>What cannot be is refused with the same reason over REST and gRPC, in words that name what was wrong.</summary>
public sealed class RefusalTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static IWorkflow[] Workflows => [Workflow.Chain("echo", Step.Of((string text) => text, "say")), Workflow.Chain("double", Step.Of((int n) => n * 2, "times"))];

    [Theory]
    [InlineData("/workflows/nothing/runs", """{"input": "x"}""", 404, "unknown_workflow", "Known are: 'double', 'echo'")]
    [InlineData("/workflows/double/runs", """{"input": "many"}""", 400, "unfit_input", "does not fit workflow 'double'")]
    [InlineData("/workflows/echo/runs", """{"input": """, 400, "malformed", "JSON")]
    [InlineData("/workflows/echo/runs", """{"input": "x", "startAt": "soon"}""", 400, "malformed", "startAt")]
    [InlineData("/runs/run_none/cancel", "{}", 404, "no_such_run", "run_none")]
    [InlineData("/runs/run_none/retry", "", 404, "no_such_run", "run_none")]
    [InlineData("/runs/run_none/approvals/a", """{"approved": true}""", 404, "no_such_run", "run_none")]
    [InlineData("/runs/run_none/approvals/a", "{}", 400, "malformed", "approved")]
    public async Task Post_OfWhatCannotBe_IsAProblemThatNamesIt(string path, string body, int status, string reason, string detail)
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);

        using var response = await host.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancelled);

        await ShouldBeProblemAsync(response, status, reason, detail);
    }

    [Theory]
    [InlineData("/runs/run_none/events", "text/event-stream", 404, "no_such_run", "run_none")]
    [InlineData("/runs?pageSize=0", "text/html", 400, "bad_page_size", "from 1 to 200")]
    public async Task Refusal_OfWhoAcceptsSomethingElse_IsAProblemAllTheSame(string path, string accept, int status, string reason, string detail)
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", accept } } };

        using var response = await host.Http.SendAsync(request, Cancelled);

        await ShouldBeProblemAsync(response, status, reason, detail);
    }

    [Fact]
    public async Task Post_InACharsetThatNobodyKnows_IsAProblemThatNamesIt()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        using var body = new StringContent("""{"input": "x"}""");
        body.Headers.Remove("Content-Type");
        body.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=tf-16").ShouldBeTrue();

        using var response = await host.Http.PostAsync("/workflows/echo/runs", body, Cancelled);

        await ShouldBeProblemAsync(response, 400, "malformed", "'tf-16'");
    }

    [Theory]
    [InlineData("/runs?cursor=tomorrow", 400, "bad_cursor", "tomorrow")]
    [InlineData("/runs?cursor=-", 400, "bad_cursor", "'-'")]
    [InlineData("/runs/parked?cursor=12", 400, "bad_cursor", "'12'")]
    [InlineData("/runs?pageSize=0", 400, "bad_page_size", "from 1 to 200")]
    [InlineData("/runs?pageSize=many", 400, "malformed", "pageSize")]
    [InlineData("/runs?status=lost", 400, "bad_status", "parked")]
    [InlineData("/runs/run_none", 404, "no_such_run", "run_none")]
    [InlineData("/runs/run_none/events", 404, "no_such_run", "run_none")]
    [InlineData("/workflows/nothing/graph", 404, "unknown_workflow", "'echo'")]
    [InlineData("/workflows/echo/graph?format=gif", 400, "bad_format", "svg, mermaid, dot")]
    public async Task Get_OfWhatCannotBe_IsAProblemThatNamesIt(string path, int status, string reason, string detail)
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);

        using var response = await host.Http.GetAsync(path, Cancelled);

        await ShouldBeProblemAsync(response, status, reason, detail);
    }

    [Fact]
    public async Task Start_WithMoreOrDeeperThanIsTaken_IsRefusedAndLeavesNoRun()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows, ("Input:MaxBytes", "1000"), ("Input:MaxDepth", "4"));
        var echo = "/workflows/echo/runs";

        using var large = await host.Http.PostAsJsonAsync(echo, new { input = new string('x', 1_000) }, Cancelled);
        await ShouldBeProblemAsync(large, 413, "too_large", "1002 bytes; at most 1000");
        using var huge = await host.Http.PostAsJsonAsync(echo, new { input = new string('x', 100_000) }, Cancelled);
        await ShouldBeProblemAsync(huge, 413, "too_large", "larger than");
        using var deep = await host.Http.PostAsync(echo, new StringContent("""{"input": [[[[["x"]]]]]}""", Encoding.UTF8, "application/json"), Cancelled);
        await ShouldBeProblemAsync(deep, 400, "too_deep", "4 levels");
        using var abyss = await host.Http.PostAsync(echo, new StringContent($$"""{"input": {{new string('[', 100)}}{{new string(']', 100)}}}""", Encoding.UTF8, "application/json"), Cancelled);
        await ShouldBeProblemAsync(abyss, 400, "malformed", "depth");
        using var eager = new HttpRequestMessage(HttpMethod.Post, echo) { Content = JsonContent.Create(new { input = "x" }) };
        eager.Headers.Add("Prefer", "wait=forever");
        await ShouldBeProblemAsync(await host.Http.SendAsync(eager, Cancelled), 400, "bad_preference", "wait=30");
        using var lost = new HttpRequestMessage(HttpMethod.Get, "/runs/r/events");
        lost.Headers.Add("Last-Event-ID", "seven");
        await ShouldBeProblemAsync(await host.Http.SendAsync(lost, Cancelled), 400, "bad_cursor", "seven");

        (await host.GetAsync("/runs", Cancelled)).GetProperty("runs").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Grpc_RefusesForTheSameReasons_WithDetailsThatProgramsRead()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows, ("Input:MaxBytes", "1000"), ("Input:MaxDepth", "4"));
        var runs = host.Grpc;
        var input = ByteString.CopyFromUtf8("\"x\"");

        await ShouldRefuseAsync(() => runs.StartAsync(new StartRunRequest { Workflow = "nothing", Input = input }), StatusCode.NotFound, "unknown_workflow");
        await ShouldRefuseAsync(() => runs.StartAsync(new StartRunRequest { Workflow = "double", Input = input }), StatusCode.InvalidArgument, "unfit_input");
        await ShouldRefuseAsync(() => runs.StartAsync(new StartRunRequest { Workflow = "echo", Input = ByteString.CopyFromUtf8("{") }), StatusCode.InvalidArgument, "malformed");
        await ShouldRefuseAsync(() => runs.StartAsync(new StartRunRequest { Workflow = "echo", Input = ByteString.CopyFromUtf8($"\"{new string('x', 1_000)}\"") }), StatusCode.InvalidArgument, "too_large");
        await ShouldRefuseAsync(() => runs.StartAsync(new StartRunRequest { Workflow = "echo", Input = ByteString.CopyFromUtf8("[[[[[1]]]]]") }), StatusCode.InvalidArgument, "too_deep");
        await ShouldRefuseAsync(() => runs.GetAsync(new RunRequest { RunId = "run_none" }), StatusCode.NotFound, "no_such_run");
        await ShouldRefuseAsync(() => runs.ListAsync(new ListRunsRequest { PageToken = "tomorrow" }), StatusCode.InvalidArgument, "bad_cursor");
        await ShouldRefuseAsync(() => runs.ListAsync(new ListRunsRequest { PageSize = 201 }), StatusCode.InvalidArgument, "bad_page_size");
        await ShouldRefuseAsync(() => runs.GetGraphAsync(new GetGraphRequest { Workflow = "echo", Format = "gif" }), StatusCode.InvalidArgument, "bad_format");
        var done = await runs.StartAsync(new StartRunRequest { Workflow = "echo", Input = input, WaitMilliseconds = 60_000 });
        await ShouldRefuseAsync(() => runs.RetryAsync(new RunRequest { RunId = done.Run.RunId }), StatusCode.FailedPrecondition, "not_failed");
        await ShouldRefuseAsync(() => runs.RequeueAsync(new RunRequest { RunId = done.Run.RunId }), StatusCode.FailedPrecondition, "not_parked");
        await ShouldRefuseAsync(() => runs.ForkAsync(new ForkRunRequest { RunId = done.Run.RunId, From = "elsewhere" }), StatusCode.InvalidArgument, "no_such_visit");
    }

    internal static async Task ShouldBeProblemAsync(HttpResponseMessage response, int status, string reason, string detail)
    {
        var text = await response.Content.ReadAsStringAsync(Cancelled);
        response.StatusCode.ShouldBe((HttpStatusCode)status, text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("type").GetString().ShouldBe($"urn:loomflow:{reason}");
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
    }

    internal static async Task ShouldRefuseAsync<T>(Func<AsyncUnaryCall<T>> call, StatusCode code, string reason)
    {
        var refused = await Should.ThrowAsync<RpcException>(async () => await call());
        refused.StatusCode.ShouldBe(code, refused.Status.Detail);
        var details = refused.Trailers.GetValueBytes("grpc-status-details-bin").ShouldNotBeNull();
        var status = V1.Rpc.Status.Parser.ParseFrom(details);
        status.Code.ShouldBe((int)code);
        status.Message.ShouldBe(refused.Status.Detail);
        status.Details[0].Unpack<ErrorInfo>().Reason.ShouldBe(reason);
    }
}
