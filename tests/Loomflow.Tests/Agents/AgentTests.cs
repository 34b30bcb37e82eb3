using Microsoft.Extensions.AI;

namespace Loomflow.Tests.AgentLoop;

public class AgentTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_Echo_GivesAnswerIdsAndUsage()
    {
        var agent = new Agent("Be brief.", Models.Echo());

        var result = await agent.RunAsync("hello there", new RunOptions { UserId = "ada", SessionId = "sess_7" }, Stop);

        result.Output.ShouldBe("Echo: hello there");
        result.StopReason.ShouldBe(StopReason.Completed);
        result.RunId.ShouldStartWith("run_");
        result.SessionId.ShouldBe("sess_7");
        result.Turns.ShouldBe(1);
        result.Usage.ShouldBe(new Usage(InputTokens: 4, OutputTokens: 3, ModelCalls: 1));
        result.Messages.Select(message => message.Role).ShouldBe([ChatRole.User, ChatRole.Assistant]);
        result.CompletedAt.ShouldBeGreaterThanOrEqualTo(result.StartedAt);
    }

    [Fact]
    public async Task RunAsync_ToolCall_IsMadeAndItsResultGoesBackToTheModel()
    {
        var model = Models.Scripted(ScriptedTurn.Call("lookup", new { invoice = "INV-1" }), "It is paid.");
        var agent = new Agent("Help.", model, new AgentOptions { Tools = [Tool.Of((string invoice) => $"{invoice}: paid", "lookup", "Looks up an invoice.")] });

        var result = await agent.RunAsync("Is INV-1 paid?", cancellationToken: Stop);

        result.Output.ShouldBe("It is paid.");
        result.Turns.ShouldBe(2);
        result.Usage.ToolCalls.ShouldBe(1);
        model.Calls[1].ToolResults.ShouldBe(["INV-1: paid"]);
        model.Calls[0].Options!.Tools!.Select(tool => tool.Name).ShouldBe(["lookup"]);
    }

    [Fact]
    public async Task RunAsync_SeveralCallsInATurn_RunInParallelAndResultsComeInTheOrderOfTheCalls()
    {
        var slowMayEnd = new TaskCompletionSource();
        var model = Models.Scripted(ScriptedTurn.Call("slow").AndCall("fast"), "done");
        var agent = new Agent("Help.", model, new AgentOptions
        {
            Tools =
            [
                Tool.Of(async () => { await slowMayEnd.Task.WaitAsync(TimeSpan.FromSeconds(30)); return "slow result"; }, "slow"),
                Tool.Of(() => { slowMayEnd.SetResult(); return "fast result"; }, "fast"),
            ],
        });

        await agent.RunAsync("go", cancellationToken: Stop);

        model.Calls[1].ToolResults.ShouldBe(["slow result", "fast result"]);
    }

    [Fact]
    public async Task RunAsync_MaxTurns_IsAResultAndNotAnException()
    {
        var model = Models.Scripted(_ => ScriptedTurn.Call("again") with { Text = "still at it" });
        var agent = new Agent("Loop.", model, new AgentOptions { MaxTurns = 3, Tools = [Tool.Of(() => "ok", "again")] });

        var result = await agent.RunAsync("go", cancellationToken: Stop);

        result.StopReason.ShouldBe(StopReason.MaxTurns);
        result.IsComplete.ShouldBeFalse();
        result.Output.ShouldBe("still at it");
        model.Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task StreamAsync_GivesNumberedEventsDeltasAndOneTerminalEvent()
    {
        var agent = new Agent("Be brief.", Models.Echo());
        var updates = new List<RunUpdate>();

        await foreach (var update in agent.StreamAsync("hello there", cancellationToken: Stop))
        {
            RunContext.Current.ShouldBeNull();
            updates.Add(update);
        }

        var events = updates.Where(update => update.Event is not null).Select(update => update.Event!).ToList();
        events.Select(one => one.GetType()).ShouldBe([typeof(RunStarted), typeof(TurnCompleted), typeof(RunCompleted)]);
        events.Select(one => one.Sequence).ShouldBe([1, 2, 3]);
        events.Count(one => one.IsTerminal).ShouldBe(1);
        string.Concat(updates.Select(update => update.Delta?.Text)).ShouldBe("Echo: hello there");
    }

    [Fact]
    public async Task StreamAsync_Abandoned_CancelsTheRun()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new Agent("Wait.", Models.Scripted(ScriptedTurn.Call("wait"), "done"), new AgentOptions
        {
            Tools = [Tool.Of(async (CancellationToken stop) =>
            {
                try { await Task.Delay(Timeout.Infinite, stop); }
                finally { cancelled.SetResult(); }
            }, "wait")],
        });

        await foreach (var update in agent.StreamAsync("go", cancellationToken: Stop))
        {
            if (update.Event is ToolCalled) break;
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }

    [Fact]
    public async Task Offline_ClassifiesCallsToolsAndAnswers()
    {
        var classify = new Agent("Reply 'billing' or 'tech'.", Models.Offline());
        (await classify.RunAsync("My card was charged twice.", cancellationToken: Stop)).Output.ShouldBe("billing");
        (await classify.RunAsync("The app crashes when I log in.", cancellationToken: Stop)).Output.ShouldBe("tech");

        var support = new Agent(
            "You are a customer-support agent. When the user asks for a refund, use the `refund_flow` tool — it handles the chain end-to-end.",
            Models.Offline(),
            new AgentOptions { Tools = [Tool.Of((string input) => $"Refund issued for {input}", "refund_flow", "Run the 'refund_flow' workflow.")] });
        (await support.RunAsync("I want a refund for invoice #INV-2026-0042.", cancellationToken: Stop)).Output.ShouldContain("INV-2026-0042");
        (await support.RunAsync("What are your opening hours?", cancellationToken: Stop)).Usage.ToolCalls.ShouldBe(0);
    }

    [Fact]
    public async Task InAWorkflow_InheritsUserAndSessionAndNestsItsEvents()
    {
        var seen = new List<(string? User, string Session, string Path)>();
        var agent = new Agent("Help.", Models.Scripted(ScriptedTurn.Call("who"), "done"), new AgentOptions
        {
            Name = "billing",
            Tools = [Tool.Of(() => { seen.Add((RunContext.Current!.UserId, RunContext.Current.SessionId, StepScope.Current!.Path)); return "x"; }, "who")],
        });
        var workflow = Workflow.Chain("support", Step.Of((string text) => Task.FromResult(text.Trim()), "gate"), agent);

        var result = await workflow.RunAsync(" hi ", new RunOptions { UserId = "alice", SessionId = "s1" }, Stop);

        result.Output.ShouldBe("done");
        seen.ShouldBe([("alice", "s1", "billing/billing/who")]);
        result.Usage.ModelCalls.ShouldBe(2);
    }
}
