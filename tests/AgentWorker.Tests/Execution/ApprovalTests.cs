using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

public class ApprovalTests(RedisFixture fixture)
{
    private static readonly ApprovalDecision s_yes = new() { Outcome = ApprovalOutcome.Approved, Responder = "bob" };
    private static readonly ApprovalRequest s_question = new() { ApprovalId = "apr_1", Title = "Refund?" };

    private static Step<string, string> Asks => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
            $"{text}: {(await RunContext.Current!.Approvals!.RequestAsync(s_question, cancellationToken)).Responder}",
        "asks");

    [Fact]
    public async Task A_question_goes_up_as_an_event_and_its_answer_comes_down()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("asks", Asks));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("asks", "refund"));

        var (_, asked) = await caller.NextEventAsync();
        asked.ShouldBeOfType<ApprovalRequested>().Request.Title.ShouldBe("Refund?");
        asked.Path.ShouldBe("node");
        await caller.AnswerAsync("apr_1", s_yes);

        Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("refund: bob"));
    }

    [Fact]
    public async Task An_answer_that_is_in_the_journal_is_not_asked_for()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("asks", Asks));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start(
            "asks",
            "refund",
            null,
            new ApprovalRequested { Path = "node", Request = s_question },
            new ApprovalDecided { Path = "node", ApprovalId = "apr_1", Decision = s_yes }));

        Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("refund: bob"));
    }

    [Fact]
    public async Task A_question_that_is_in_the_journal_without_an_answer_is_waited_for_and_not_written_again()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("asks", Asks));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("asks", "refund", null, new ApprovalRequested { Path = "node", Request = s_question }));

        (await caller.NextOfAnyKindAsync()).Alive.ShouldNotBeNull();
        await caller.AnswerAsync("apr_1", s_yes);
        Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("refund: bob"));
    }

    [Fact]
    public async Task An_answer_finds_the_execution_after_the_stream_was_cut()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("asks", Asks));
        var start = Caller.Start("asks", "refund");
        RunEvent asked;
        await using (var caller = await Caller.AttachAsync(worker, start)) asked = (await caller.NextEventAsync()).Event;

        foreach (var runEvent in new[] { asked, new ApprovalDecided { Path = "node", ApprovalId = "apr_1", Decision = s_yes } })
        {
            start.History.Add(Google.Protobuf.ByteString.CopyFrom(RunEventJson.Write(runEvent)));
        }

        start.AttachOnly = true;
        await using var other = await Caller.AttachAsync(worker, start);
        Payload.FromJson((await other.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("refund: bob"));
    }
}
