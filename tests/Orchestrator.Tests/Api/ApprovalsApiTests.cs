using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>Questions to people, asked and answered over REST and gRPC. Alice's key asks; services answer for whomever they name.</summary>
public sealed class ApprovalsApiTests(RedisFixture fixture)
{
    private const string Schema = """{"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}""";

    private readonly string _redis = fixture.Redis.NewDatabase();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static IWorkflow[] Workflows =>
    [
        Ask("ask", new ApprovalOptions { Title = "Refund?", Schema = Schema }),
        Ask("ask_bob", new ApprovalOptions { Responders = ["bob"] }),
        Ask("hurry", new ApprovalOptions { Deadline = TimeSpan.FromMilliseconds(300), Default = ApprovalOutcome.Approved }),
    ];

    [Fact]
    public async Task Question_SurvivesARestart_AndTheFirstFittingAnswerCounts()
    {
        string run;
        string question;
        await using (var first = await ApiHost.StartAsync(_redis, Workflows))
        {
            run = await first.StartRunAsync("ask", new { amount = 100 }, Cancelled);
            await first.UntilAsync(run, "waiting", Cancelled);
            var open = (await first.GetAsync($"/runs/{run}/approvals", Cancelled))[0];
            question = open.GetProperty("approvalId").GetString()!;
            (open.GetProperty("title").GetString(), open.GetProperty("schema").GetString(), open.GetProperty("subject").GetProperty("amount").GetInt32()).ShouldBe(("Refund?", Schema, 100));
            await first.StopAsync();
        }

        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var view = (await host.Grpc.ListApprovalsAsync(new RunRequest { RunId = run })).Approvals.ShouldHaveSingleItem();
        (view.ApprovalId, view.Title, view.Schema, view.Default).ShouldBe((question, "Refund?", Schema, "denied"));
        var path = $"/runs/{run}/approvals/{question}";
        using var unfit = await host.Http.PostAsJsonAsync(path, new { approved = true, data = new { amount = "a lot" } }, Cancelled);
        await RefusalTests.ShouldBeProblemAsync(unfit, 400, "unfit_answer", "$.amount is \"a lot\", expected integer");
        using var unknown = await host.Http.PostAsJsonAsync($"/runs/{run}/approvals/other", new { approved = true }, Cancelled);
        await RefusalTests.ShouldBeProblemAsync(unknown, 409, "not_open", "never asked");

        var answer = new { approved = true, comment = "half of it", data = new { amount = 50 } };
        for (var i = 0; i < 2; i++)
        {
            using var accepted = await host.Http.PostAsJsonAsync(path, answer, Cancelled);
            accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        using var late = await host.Http.PostAsJsonAsync(path, new { approved = false }, Cancelled);
        await RefusalTests.ShouldBeProblemAsync(late, 409, "not_open", "already answered by 'alice': approved");

        var output = (await host.UntilAsync(run, "completed", Cancelled)).GetProperty("output");
        (output.GetProperty("approved").GetBoolean(), output.GetProperty("value").GetProperty("amount").GetInt32(), output.GetProperty("responder").GetString()).ShouldBe((true, 50, "alice"));

        // Also after the run has ended: the same answer is still that answer.
        using var again = await host.Http.PostAsJsonAsync(path, answer, Cancelled);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Answer_OverGrpc_IsTakenFromAResponderOnce()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var run = await host.StartRunAsync("ask_bob", new { amount = 1 }, Cancelled);
        await host.UntilAsync(run, "waiting", Cancelled);
        var question = (await host.Grpc.ListApprovalsAsync(new RunRequest { RunId = run })).Approvals[0];
        question.Responders.ShouldBe(["bob"]);
        AnswerRequest Answer(string by, string outcome) => new()
        {
            RunId = run,
            ApprovalId = question.ApprovalId,
            Decision = ByteString.CopyFromUtf8($$"""{"outcome": "{{outcome}}", "responder": "{{by}}"}"""),
        };

        await RefusalTests.ShouldRefuseAsync(() => host.Grpc.AnswerAsync(Answer("alice", "approved")), StatusCode.PermissionDenied, "not_a_responder");
        using var own = await host.Http.PostAsJsonAsync($"/runs/{run}/approvals/{question.ApprovalId}", new { approved = true }, Cancelled);
        await RefusalTests.ShouldBeProblemAsync(own, 403, "not_a_responder", "'alice'");
        await RefusalTests.ShouldRefuseAsync(() => host.Grpc.AnswerAsync(new AnswerRequest(Answer("bob", "approved")) { Decision = ByteString.CopyFromUtf8("{}") }), StatusCode.InvalidArgument, "malformed");
        await host.Grpc.AnswerAsync(Answer("bob", "denied"));
        await host.Grpc.AnswerAsync(Answer("bob", "denied"));
        await RefusalTests.ShouldRefuseAsync(() => host.Grpc.AnswerAsync(Answer("bob", "approved")), StatusCode.FailedPrecondition, "not_open");

        (await host.UntilAsync(run, "completed", Cancelled)).GetProperty("output").GetProperty("approved").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Deadline_DecidesByDefault_AndNoAnswerIsTakenAfterIt()
    {
        await using var host = await ApiHost.StartAsync(_redis, Workflows);
        var run = await host.StartRunAsync("hurry", new { amount = 1 }, Cancelled);

        var ended = await host.UntilAsync(run, "completed", Cancelled);

        ended.GetProperty("output").GetProperty("approved").GetBoolean().ShouldBeTrue();
        using var events = host.Grpc.Events(new EventsRequest { RunId = run });
        var journal = new List<RunEvent>();
        while (await events.ResponseStream.MoveNext(Cancelled)) journal.Add(RunEventJson.Read(events.ResponseStream.Current.Event.Span));
        journal.OfType<ApprovalDecided>().ShouldHaveSingleItem().Decision.TimedOut.ShouldBeTrue();
        var question = journal.OfType<ApprovalRequested>().Single().Request.ApprovalId;
        using var late = await host.Http.PostAsJsonAsync($"/runs/{run}/approvals/{question}", new { approved = false }, Cancelled);
        await RefusalTests.ShouldBeProblemAsync(late, 409, "not_open", "answered by its deadline");
    }

    private static IWorkflow Ask(string name, ApprovalOptions options) => Workflow.Chain(name, Waits.Approval<Refund>("approve", options));

    internal sealed record Refund(int Amount);
}
