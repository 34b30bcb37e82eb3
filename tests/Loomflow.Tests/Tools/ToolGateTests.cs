using Loomflow.Testing;
using Loomflow.Tests.AgentLoop;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Tools;

public class ToolGateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private sealed class Hook(Func<ToolCall, HookVerdict> before) : IToolHook
    {
        public List<ToolOutcome> Outcomes { get; } = [];

        public ValueTask<HookVerdict> BeforeAsync(ToolCall call, CancellationToken cancellationToken) => new(before(call));

        public ValueTask AfterAsync(ToolCall call, ToolOutcome outcome, CancellationToken cancellationToken)
        {
            Outcomes.Add(outcome);
            return default;
        }
    }

    private sealed class HangingHook : IToolHook
    {
        public async ValueTask<HookVerdict> BeforeAsync(ToolCall call, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return HookVerdict.NoOpinion;
        }
    }

    private sealed record Run(List<string> Calls, IReadOnlyList<RunEvent> Events)
    {
        public ToolReturned Returned => Events.OfType<ToolReturned>().Single();
    }

    private static ApprovalDecision Yes => new() { Outcome = ApprovalOutcome.Approved, Responder = "ada" };

    /// <summary>Runs an agent whose model calls <c>wipe</c> once with <c>disk = "sda"</c>.</summary>
    private static async Task<Run> CallAsync(AgentOptions options, ToolEffect effect = ToolEffect.Destructive, RunOptions? run = null)
    {
        var calls = new List<string>();
        var tool = Tool.Of((string disk) => { calls.Add(disk); return "wiped"; }, new ToolOptions { Name = "wipe", Effect = effect });
        var agent = new Agent("x", Models.Scripted(ScriptedTurn.Call("wipe", new { disk = "sda" }), "done"), options with { Tools = [tool] });
        var events = new List<RunEvent>();
        await foreach (var update in agent.StreamAsync("go", run, Stop))
        {
            if (update.Event is { } one) events.Add(one);
        }

        return new Run(calls, events);
    }

    [Theory]
    [InlineData(PermissionMode.Default, ToolEffect.None, true)]
    [InlineData(PermissionMode.Default, ToolEffect.Edit, false)]
    [InlineData(PermissionMode.Default, ToolEffect.Destructive, false)]
    [InlineData(PermissionMode.AcceptEdits, ToolEffect.Edit, true)]
    [InlineData(PermissionMode.AcceptEdits, ToolEffect.Destructive, false)]
    [InlineData(PermissionMode.Bypass, ToolEffect.Destructive, true)]
    [InlineData(PermissionMode.Strict, ToolEffect.None, false)]
    public async Task Modes_WithNobodyToAsk_LetThroughOrDeny(PermissionMode mode, ToolEffect effect, bool called)
    {
        var run = await CallAsync(new AgentOptions { Permissions = new ToolPermissions { Mode = mode } }, effect);

        run.Calls.Count.ShouldBe(called ? 1 : 0);
        run.Returned.Denied.ShouldBe(!called);
        run.Events.OfType<ToolCalled>().Count().ShouldBe(called ? 1 : 0);
        run.Events.OfType<RunCompleted>().Single().StopReason.ShouldBe("completed");
    }

    [Fact]
    public async Task DenyList_WinsOverAllowListAndEveryMode()
    {
        var run = await CallAsync(new AgentOptions { Permissions = new ToolPermissions { Mode = PermissionMode.Bypass, Allow = ["wipe"], Deny = ["wipe"] } });
        run.Calls.ShouldBeEmpty();
        run.Returned.Error!.ShouldContain("may not be used");
    }

    [Fact]
    public async Task Permissions_AreThoseOfTheUser()
    {
        var options = new AgentOptions { Permissions = new ToolPermissions { Users = new Dictionary<string, ToolPermissions> { ["root"] = new() { Allow = ["wipe"] } } } };

        (await CallAsync(options, run: new RunOptions { UserId = "root" })).Calls.Count.ShouldBe(1);
        (await CallAsync(options, run: new RunOptions { UserId = "ada" })).Calls.ShouldBeEmpty();
        (await CallAsync(options)).Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task AllowingHook_DoesNotReplaceTheApproval() // registering any hook once disabled the gate
    {
        var run = await CallAsync(new AgentOptions { Hooks = [new Hook(_ => HookVerdict.NoOpinion)] });
        run.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task FirstDenyingHook_Wins()
    {
        var run = await CallAsync(new AgentOptions { Permissions = new ToolPermissions { Mode = PermissionMode.Bypass }, Hooks = [new Hook(_ => HookVerdict.Deny("not today"))] });
        run.Calls.ShouldBeEmpty();
        run.Returned.Result.ToString().ShouldBe("not today");
    }

    [Fact]
    public async Task ThrowingHook_Denies()
    {
        var run = await CallAsync(new AgentOptions { Hooks = [new Hook(_ => throw new InvalidOperationException("boom"))] }, ToolEffect.None);
        run.Calls.ShouldBeEmpty();
        run.Returned.Error!.ShouldContain("boom");
    }

    [Fact]
    public async Task SlowHook_Denies()
    {
        var clock = new ManualTimeProvider();
        var running = CallAsync(new AgentOptions { Hooks = [new HangingHook()], HookTimeout = TimeSpan.FromSeconds(5) }, ToolEffect.None, new RunOptions { Time = clock });
        await clock.RunAsync(running, TimeSpan.FromSeconds(6));

        (await running).Returned.Error!.ShouldContain("did not answer within 5 s");
        (await running).Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task HookThatEdits_ChangesTheCallAndIsRecorded()
    {
        var hook = new Hook(_ => HookVerdict.Edit(new Dictionary<string, object?> { ["disk"] = "sdb" }));
        var run = await CallAsync(new AgentOptions { Hooks = [hook] }, ToolEffect.None);

        run.Calls.ShouldBe(["sdb"]);
        var edited = run.Events.OfType<ToolCallEdited>().Single();
        edited.Original.ToString().ShouldContain("sda");
        edited.Edited.ToString().ShouldContain("sdb");
        hook.Outcomes.Single().Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task FailingAfterHook_ChangesNothingAndIsReported()
    {
        var run = await CallAsync(new AgentOptions { Hooks = [new AfterFails()] }, ToolEffect.None);
        run.Returned.Ok.ShouldBeTrue();
        run.Events.OfType<AgentProgressed>().Single().Activity.ShouldBe(Activities.HookFailed);
    }

    private sealed class AfterFails : IToolHook
    {
        public ValueTask AfterAsync(ToolCall call, ToolOutcome outcome, CancellationToken cancellationToken) => throw new InvalidOperationException("after");
    }

    [Fact]
    public async Task Approval_Yes_MakesTheCallAndRecordsQuestionAndAnswer()
    {
        var run = await CallAsync(new AgentOptions { Approvals = Approvals.From((_, _) => new(Yes)) });

        run.Calls.ShouldBe(["sda"]);
        var request = run.Events.OfType<ApprovalRequested>().Single().Request;
        request.Title.ShouldBe("agent wants to call wipe");
        request.Subject.ToString().ShouldBe("""{"tool":"wipe","arguments":{"disk":"sda"}}""");
        run.Events.OfType<ApprovalDecided>().Single().Decision.Responder.ShouldBe("ada");
        run.Events.OfType<ToolCalled>().Single().Destructive.ShouldBeTrue();
    }

    [Fact]
    public async Task Approval_Edited_CallsWithTheEditedArguments()
    {
        var run = await CallAsync(new AgentOptions
        {
            Approvals = Approvals.From((_, _) => new(Yes with { Data = Payload.FromJson("""{"disk":"sdc"}"""u8.ToArray()) })),
        });

        run.Calls.ShouldBe(["sdc"]);
        run.Events.OfType<ToolCallEdited>().Single().By.ShouldBe("ada");
    }

    [Fact]
    public async Task Approval_EditedIntoSomethingElse_Denies()
    {
        var run = await CallAsync(new AgentOptions { Approvals = Approvals.From((_, _) => new(Yes with { Data = Payload.Of("[]") })) });
        run.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Approval_No_TellsTheModelWhy()
    {
        var run = await CallAsync(new AgentOptions { Approvals = Approvals.From((_, _) => new(new ApprovalDecision { Outcome = ApprovalOutcome.Denied, Comment = "backups first" })) });
        run.Calls.ShouldBeEmpty();
        run.Returned.Result.ToString().ShouldContain("backups first");
    }

    [Fact]
    public async Task Approval_ThatThrows_Denies()
    {
        var run = await CallAsync(new AgentOptions { Approvals = Approvals.From((_, _) => throw new InvalidOperationException("no terminal")) });
        run.Calls.ShouldBeEmpty();
        run.Returned.Denied.ShouldBeTrue();
    }

    [Fact]
    public async Task Approval_NobodyAnswersInTime_Denies()
    {
        var clock = new ManualTimeProvider();
        var options = new AgentOptions
        {
            ApprovalTimeout = TimeSpan.FromMinutes(5),
            Approvals = Approvals.From(async (_, _) => { await Task.Delay(Timeout.Infinite, CancellationToken.None); return Yes; }),
        };
        var running = CallAsync(options, run: new RunOptions { Time = clock });
        await clock.RunAsync(running, TimeSpan.FromMinutes(6));

        var run = await running;
        run.Calls.ShouldBeEmpty();
        run.Returned.Error!.ShouldContain("in time");
        run.Events.OfType<ApprovalRequested>().Single().Request.Deadline.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(ApprovalOutcome.Approved, 2)]
    [InlineData(ApprovalOutcome.Denied, 0)]
    public async Task Remembered_IsNotAskedAgainInThisRunButInTheNext(ApprovalOutcome outcome, int calledPerRun)
    {
        var (asked, called) = (0, 0);
        var agent = new Agent("x", Models.Scripted(call => call.ToolResults.Count() < 2 ? ScriptedTurn.Call("wipe") : "done"), new AgentOptions
        {
            Tools = [Tool.Of(() => { called++; return "ok"; }, "wipe", destructive: true)],
            Approvals = Approvals.From((_, _) => { asked++; return new(new ApprovalDecision { Outcome = outcome, Remember = true }); }),
        });

        await agent.RunAsync("go", cancellationToken: Stop);
        (asked, called).ShouldBe((1, calledPerRun));
        await agent.RunAsync("go", cancellationToken: Stop);
        (asked, called).ShouldBe((2, calledPerRun * 2));
    }

    /// <summary>Every combination of hook, mode, lists, effect and answer: a call is made only if no gate stands against it.</summary>
    [Fact]
    public async Task Gates_ComposeByTheMostRestrictive()
    {
        HookVerdict[] hooks = [HookVerdict.NoOpinion, HookVerdict.Deny("no"), HookVerdict.Edit(new Dictionary<string, object?> { ["disk"] = "sdz" })];
        ApprovalOutcome?[] answers = [null, ApprovalOutcome.Approved, ApprovalOutcome.Denied];
        var cases =
            from hook in hooks
            from mode in Enum.GetValues<PermissionMode>()
            from effect in Enum.GetValues<ToolEffect>()
            from allowed in (bool[])[false, true]
            from denied in (bool[])[false, true]
            from answer in answers
            select (hook, mode, effect, allowed, denied, answer);
        foreach (var (hook, mode, effect, allowed, denied, answer) in cases)
        {
            var asks = !allowed && mode switch
            {
                PermissionMode.Default => effect != ToolEffect.None,
                PermissionMode.AcceptEdits => effect == ToolEffect.Destructive,
                PermissionMode.Strict => true,
                _ => false,
            };
            var expected = hook.Denial is null && !denied && (!asks || answer == ApprovalOutcome.Approved);

            var run = await CallAsync(
                new AgentOptions
                {
                    Hooks = [new Hook(_ => hook)],
                    Permissions = new ToolPermissions { Mode = mode, Allow = allowed ? ["wipe"] : [], Deny = denied ? ["wipe"] : [] },
                    Approvals = answer is { } outcome ? Approvals.From((_, _) => new(new ApprovalDecision { Outcome = outcome })) : null,
                },
                effect);

            run.Calls.Count.ShouldBe(expected ? 1 : 0, $"{hook} {mode} {effect} allow={allowed} deny={denied} answer={answer}");
            run.Returned.Denied.ShouldBe(!expected);
            run.Events.OfType<ToolCalled>().Count().ShouldBe(run.Calls.Count);
        }
    }

    [Fact]
    public void Effect_IsStampedFromTheInnermostFunctionAndUnknownIsDestructive()
    {
        var plain = AIFunctionFactory.Create(() => 1, "plain");
        Tool.EffectOf(plain).ShouldBe(ToolEffect.None);
        Tool.EffectOf(new ApprovalRequiredAIFunction(plain)).ShouldBe(ToolEffect.Destructive);
        Tool.EffectOf(Tool.Of(() => 1, "t", destructive: true)).ShouldBe(ToolEffect.Destructive);
        Tool.EffectOf(Tool.Of(plain, new ToolOptions { Effect = ToolEffect.Edit })).ShouldBe(ToolEffect.Edit);
        Tool.EffectOf(new Wrapper(Tool.Of(() => 1, "t", destructive: true))).ShouldBe(ToolEffect.Destructive);
        Tool.EffectOf(Tool.Of(new ApprovalRequiredAIFunction(plain), new ToolOptions())).ShouldBe(ToolEffect.Destructive);
        Tool.EffectOf(new Foreign()).ShouldBe(ToolEffect.Destructive);
    }

    private sealed class Wrapper(AIFunction inner) : DelegatingAIFunction(inner);

    private sealed class Foreign : AIFunction
    {
        public override string Name => "foreign";

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => new("x");
    }
}
