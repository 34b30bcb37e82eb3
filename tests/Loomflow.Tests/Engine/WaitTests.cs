using Loomflow.Testing;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Engine;

/// <summary>Delays, approvals and signals in memory.</summary>
public class WaitTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Delay_PassesItsInputOn_WhenTheTimeIsOver()
    {
        var run = Workflow.Chain("delay", Waits.Delay<string>("cool off", TimeSpan.FromDays(90)), Append("after")).RunAsync("x", new RunOptions { Time = _time }, Token);

        while (_time.PendingTimers == 0) await Task.Delay(1, Token);
        _time.Advance(TimeSpan.FromDays(89));
        await Task.Yield();
        run.IsCompleted.ShouldBeFalse();
        while (_time.PendingTimers == 0) await Task.Delay(1, Token);
        _time.Advance(TimeSpan.FromDays(1));

        (await run).Output.ShouldBe("x>after");
    }

    [Fact]
    public async Task Approval_Answer_BecomesTheOutput()
    {
        var handle = new RunHandle();
        var run = Workflow.Chain("approve", Append("draft"), Waits.Approval<string>("sign", new ApprovalOptions { Title = "Send it?" })).RunAsync("x", handle, cancellationToken: Token);

        var question = await handle.NextApprovalAsync(Token);
        (question.Title, question.Subject.As<string>()).ShouldBe(("Send it?", "x>draft"));
        handle.Answer(question.ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Responder = "bob", Comment = "fine" }).ShouldBeTrue();
        handle.Answer(question.ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Denied }).ShouldBeFalse("the first answer counts");

        (await run).Output.ShouldBe(new Approval<string>(true, "x>draft", "bob", "fine"));
        handle.OpenApprovals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Approval_AnswerWithData_ReplacesWhatWasAskedAbout_AndWrongDataFailsTheStep()
    {
        var workflow = Workflow.Chain("edit", Waits.Approval<int>("amount"));
        async Task<Approval<int>> Answer(object data)
        {
            var handle = new RunHandle();
            var run = workflow.RunAsync(100, handle, cancellationToken: Token);
            handle.Answer((await handle.NextApprovalAsync(Token)).ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Data = Payload.Of(data) });
            return (await run).Output;
        }

        (await Answer(80)).Value.ShouldBe(80);
        await Should.ThrowAsync<PayloadException>(() => Answer("a lot"));
    }

    [Fact]
    public async Task Approval_NobodyAnswersInTime_TheDefaultDecides()
    {
        var handle = new RunHandle();
        var run = Workflow.Chain("deadline", Waits.Approval<string>("sign", new ApprovalOptions { Deadline = TimeSpan.FromHours(1), Default = ApprovalOutcome.Approved }))
            .RunAsync("x", handle, new RunOptions { Time = _time }, Token);
        await handle.NextApprovalAsync(Token);
        while (_time.PendingTimers == 0) await Task.Delay(1, Token);

        _time.Advance(TimeSpan.FromHours(1));

        (await run).Output.ShouldBe(new Approval<string>(true, "x", null, null));
        handle.OpenApprovals.ShouldBeEmpty("a question that was decided is not open");
    }

    [Fact]
    public async Task Approval_WhereNobodyCanAnswer_IsDeniedAtOnce() =>
        (await Workflow.Chain("nobody", Waits.Approval<string>("sign")).RunAsync("x", cancellationToken: Token)).Output.Approved.ShouldBeFalse();

    [Fact]
    public async Task Approval_OfARunThatFails_IsWithdrawn()
    {
        var handle = new RunHandle();
        var asked = handle.NextApprovalAsync(Token);
        var failing = Step.Of<string, Approval<string>>(async _ => { await asked; throw new IOException("away"); }, "failing");
        var run = Workflow.Parallel("both", [Waits.Approval<string>("sign"), failing]).RunAsync("x", handle, cancellationToken: Token);

        await Should.ThrowAsync<IOException>(() => run);

        SpinWait.SpinUntil(() => handle.OpenApprovals.Count == 0, TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }

    [Fact]
    public async Task Signal_BeforeOrAfterTheStepWaits_IsDeliveredOnce_InOrder()
    {
        var handle = new RunHandle();
        handle.Signal("paid", 1);
        var workflow = Workflow.Chain("signals", Waits.Signal<string, int>("first", "paid"), Waits.Signal<int, int>("second", "paid"), Step.Of((int n) => Task.FromResult(n), "last"));
        var run = workflow.RunAsync("x", handle, cancellationToken: Token);

        handle.Signal("other", 5);
        handle.Signal("paid", 2);

        var result = await run;
        result.History.Select(visit => visit.Output.As<int>()).ShouldBe([1, 2, 2]);
    }

    [Fact]
    public async Task Signal_WithDataOfAnotherType_FailsTheStep()
    {
        var handle = new RunHandle();
        handle.Signal("paid", new[] { "no number" });

        await Should.ThrowAsync<PayloadException>(() => Workflow.Chain("signal", Waits.Signal<string, int>("paid")).RunAsync("x", handle, cancellationToken: Token));
    }

    [Fact]
    public async Task Wait_DoesNotHoldUpOtherBranches()
    {
        var handle = new RunHandle();
        var other = Step.Of((string _) => { handle.Signal("go", "now"); return Task.FromResult("other"); }, "other");

        (await Workflow.Parallel("waits", [Waits.Signal<string, string>("go"), other]).RunAsync("x", handle, cancellationToken: Token)).Output.ShouldBe(["now", "other"]);
    }
}
