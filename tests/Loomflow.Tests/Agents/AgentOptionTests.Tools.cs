using Loomflow.Testing;

namespace Loomflow.Tests.AgentLoop;

/// <content>Options of tool calls: limits, permissions, hooks and approvals.</content>
public partial class AgentOptionTests
{
    [Fact]
    public async Task ToolTimeout_TellsTheModelAndTheRunGoesOn()
    {
        var clock = new ManualTimeProvider();
        var model = CallsOnce();
        var agent = new Agent("x", model, new() { ToolTimeout = TimeSpan.FromSeconds(7), Tools = [Tool.Of(async () => { await Task.Delay(Timeout.Infinite, CancellationToken.None); }, "t")] });
        await clock.RunAsync(agent.RunAsync("go", new RunOptions { Time = clock }, Stop), TimeSpan.FromSeconds(8));
        model.Calls[1].ToolResults.Single().ShouldContain("longer than 7 s");
        new AgentOptions().ToolTimeout.ShouldBe(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task MaxParallelTools_BoundsTheCallsUnderWay()
    {
        var (now, most, gate) = (0, 0, new Lock());
        var tool = Tool.Of(async () =>
        {
            lock (gate) most = Math.Max(most, ++now);
            await Task.Delay(20);
            lock (gate) now--;
            return "x";
        }, "t");
        var turn = Enumerable.Range(0, 12).Aggregate(new ScriptedTurn(), (calls, _) => calls.AndCall("t"));
        await new Agent("x", Models.Scripted(turn, "done"), new() { MaxParallelTools = 3, Tools = [tool] }).RunAsync("go", cancellationToken: Stop);
        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task MaxToolResultLength_CutsWhatTheModelIsShown()
    {
        var model = CallsOnce();
        var events = await EventsAsync(new Agent("x", model, new() { MaxToolResultLength = 10, Tools = [Tool.Of(() => "123456789😀 and more", "t")] }));
        model.Calls[1].ToolResults.Single().ShouldBe("123456789\n[cut: 11 more characters]");
        events.OfType<AgentProgressed>().Single().Activity.ShouldBe(Activities.ToolResultTruncated);
        new AgentOptions().MaxToolResultLength.ShouldBe(50_000);
    }

    [Fact]
    public async Task Permissions_Deny()
    {
        var events = await EventsAsync(new Agent("x", CallsOnce(), new() { Permissions = new() { Deny = ["t"] }, Tools = [Tool.Of(() => 1, "t")] }));
        events.OfType<ToolReturned>().Single().Denied.ShouldBeTrue();
    }

    private sealed class DenyAll : IToolHook
    {
        public ValueTask<HookVerdict> BeforeAsync(ToolCall call, CancellationToken cancellationToken) => new(HookVerdict.Deny("no"));
    }

    [Fact]
    public async Task Hooks_Deny() =>
        (await EventsAsync(new Agent("x", CallsOnce(), new() { Hooks = [new DenyAll()], Tools = [Tool.Of(() => 1, "t")] }))).OfType<ToolReturned>().Single().Denied.ShouldBeTrue();

    private sealed class NeverAnswers : IToolHook
    {
        public async ValueTask<HookVerdict> BeforeAsync(ToolCall call, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return HookVerdict.NoOpinion;
        }
    }

    [Fact]
    public async Task HookTimeout_Denies()
    {
        var clock = new ManualTimeProvider();
        var agent = new Agent("x", CallsOnce(), new() { Hooks = [new NeverAnswers()], HookTimeout = TimeSpan.FromSeconds(2), Tools = [Tool.Of(() => 1, "t")] });
        var events = await clock.RunAsync(EventsAsync(agent, new RunOptions { Time = clock }), TimeSpan.FromSeconds(3));
        events.OfType<ToolReturned>().Single().Error!.ShouldContain("2 s");
    }

    [Fact]
    public async Task Approvals_OfTheAgentComeBeforeTheRuns()
    {
        IApprovals Answer(ApprovalOutcome outcome) => Approvals.From((_, _) => new(new ApprovalDecision { Outcome = outcome }));
        var tool = Tool.Of(() => 1, "t", destructive: true);
        async Task<bool> Denied(IApprovals? agents, IApprovals? runs) =>
            (await EventsAsync(new Agent("x", CallsOnce(), new() { Approvals = agents, Tools = [tool] }), new RunOptions { Approvals = runs })).OfType<ToolReturned>().Single().Denied;

        (await Denied(Answer(ApprovalOutcome.Approved), Answer(ApprovalOutcome.Denied))).ShouldBeFalse();
        (await Denied(null, Answer(ApprovalOutcome.Approved))).ShouldBeFalse();
        (await Denied(null, Answer(ApprovalOutcome.Denied))).ShouldBeTrue();
        (await Denied(null, null)).ShouldBeTrue();
    }

    [Fact]
    public async Task ApprovalTimeout_Denies()
    {
        var clock = new ManualTimeProvider();
        var agent = new Agent("x", CallsOnce(), new()
        {
            ApprovalTimeout = TimeSpan.FromSeconds(9),
            Approvals = Approvals.From(async (_, stop) => { await Task.Delay(Timeout.Infinite, stop); return new ApprovalDecision { Outcome = ApprovalOutcome.Approved }; }),
            Tools = [Tool.Of(() => 1, "t", destructive: true)],
        });
        var events = await clock.RunAsync(EventsAsync(agent, new RunOptions { Time = clock }), TimeSpan.FromSeconds(10));
        events.OfType<ToolReturned>().Single().Error!.ShouldContain("nobody answered in time");
    }
}
