using System.Reflection;
using Loomflow.Testing;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.AgentLoop;

/// <summary>One test for every option, named after it: an option that is accepted and ignored is a promise broken.</summary>
public class AgentOptionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ScriptedModel CallsOnce(string tool = "t") => Models.Scripted(call => call.ToolResults.Any() ? "done" : ScriptedTurn.Call(tool));

    private static async Task<List<RunEvent>> EventsAsync(Agent agent, RunOptions? options = null)
    {
        var events = new List<RunEvent>();
        await foreach (var update in agent.StreamAsync("go", options, Stop))
        {
            if (update.Event is { } one) events.Add(one);
        }

        return events;
    }

    [Fact]
    public void EveryOption_HasATestHere()
    {
        var tests = typeof(AgentOptionTests).GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>(inherit: true).Any()).Select(method => method.Name.Split('_')[0]).ToHashSet();
        var options = typeof(AgentOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);

        options.Where(option => !tests.Contains(option)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Name_IsInEventsAndCannotBeBlank()
    {
        (await EventsAsync(new Agent("x", Models.Echo(), new() { Name = "billing" }))).OfType<RunStarted>().Single().Name.ShouldBe("billing");
        Should.Throw<ArgumentException>(() => new AgentOptions { Name = " " }).Message.ShouldContain("Name");
    }

    [Fact]
    public void Description_IsTheToolsDescription() =>
        new Agent("x", Models.Echo(), new() { Name = "a b", Description = "Knows invoices." }).AsTool().ShouldSatisfyAllConditions(
            tool => tool.Description.ShouldBe("Knows invoices."), tool => tool.Name.ShouldBe("a_b"));

    [Fact]
    public async Task Tools_AreOffered_AndTwoOfOneNameAreRefused()
    {
        var model = Models.Scripted("done");
        await new Agent("x", model, new() { Tools = [Tool.Of(() => 1, "one"), Tool.Of(() => 2, "two")] }).RunAsync("go", cancellationToken: Stop);
        model.Calls[0].Options!.Tools!.Select(tool => tool.Name).ShouldBe(["one", "two"]);
        Should.Throw<ArgumentException>(() => new Agent("x", model, new() { Tools = [Tool.Of(() => 1, "one"), Tool.Of(() => 2, "one")] })).Message.ShouldContain("'one'");
    }

    private sealed class Source : IToolSource
    {
        public int Asked { get; private set; }

        public ValueTask<IReadOnlyList<AIFunction>> ListAsync(CancellationToken cancellationToken = default) =>
            new([Tool.Of(() => $"call {Asked}", $"t{++Asked}")]);
    }

    [Fact]
    public async Task ToolSources_AreAskedForEveryRun()
    {
        var model = Models.Scripted(call => call.ToolResults.Any() ? "done" : ScriptedTurn.Call(call.Options!.Tools!.Single().Name));
        var agent = new Agent("x", model, new() { ToolSources = [new Source()] });
        await agent.RunAsync("go", cancellationToken: Stop);
        await agent.RunAsync("go", cancellationToken: Stop);
        model.Calls.SelectMany(call => call.ToolResults).ShouldBe(["call 1", "call 2"]);
    }

    [Fact]
    public async Task MaxTurns_StopsTheLoop()
    {
        var agent = new Agent("x", Models.Scripted(_ => ScriptedTurn.Call("t")), new() { MaxTurns = 2, Tools = [Tool.Of(() => 1, "t")] });
        (await agent.RunAsync("go", cancellationToken: Stop)).ShouldSatisfyAllConditions(result => result.Turns.ShouldBe(2), result => result.StopReason.ShouldBe(StopReason.MaxTurns));
        new AgentOptions().MaxTurns.ShouldBe(50);
        Should.Throw<ArgumentOutOfRangeException>(() => new AgentOptions { MaxTurns = 0 });
    }

    [Fact]
    public async Task Timeout_FailsTheRun()
    {
        var clock = new ManualTimeProvider();
        var agent = new Agent("x", CallsOnce(), new() { Timeout = TimeSpan.FromSeconds(30), Tools = [Tool.Of(async (CancellationToken stop) => await Task.Delay(Timeout.Infinite, stop), "t")] });
        var failure = await Should.ThrowAsync<TimeoutException>(() => clock.RunAsync(agent.RunAsync("go", new RunOptions { Time = clock }, Stop), TimeSpan.FromSeconds(31)));
        failure.Message.ShouldContain("30 s");
    }

    [Fact]
    public async Task ResponseTone_IsWeakerThanTheCallsAndStrongerThanTheWorkflows()
    {
        var model = Models.Scripted(_ => "done");
        var agent = new Agent("Be exact.  \n", model, new() { ResponseTone = "Legal" });
        await agent.RunAsync("1", cancellationToken: Stop);
        await agent.RunAsync("2", new RunOptions { ResponseTone = "like a pirate" }, Stop);
        await Workflow.Chain("w", agent).RunAsync("3", new RunOptions { ResponseTone = "casual" }, Stop);
        await Workflow.Chain("w", new Agent("x", model)).RunAsync("4", new RunOptions { ResponseTone = "casual" }, Stop);
        await new Agent("x", model).RunAsync("5", new RunOptions { ResponseTone = "  " }, Stop);

        model.Calls[0].System.ShouldBe($"Be exact.\n\n---\nResponse style: {ResponseTones.Directive("legal")}");
        model.Calls[1].System.ShouldBe("Be exact.\n\n---\nResponse style: like a pirate");
        model.Calls[2].System.ShouldContain(ResponseTones.Directive("legal")!);
        model.Calls[3].System.ShouldContain(ResponseTones.Directive("casual")!);
        model.Calls[4].System.ShouldBe("x");
        ResponseTones.Presets.ShouldBe(["casual", "professional", "technical", "legal", "finance", "executive", "academic"]);
    }

    [Fact]
    public async Task Memory_OfTheAgentWinsOverTheRuns()
    {
        var (own, ambient) = (new InMemoryMemory(), new InMemoryMemory());
        var agent = new Agent("x", Models.Echo(), new() { Memory = own });
        await agent.RunAsync("hello", new RunOptions { UserId = "ada", Memory = ambient, SessionId = "s" }, Stop);
        await new Agent("x", Models.Echo()).RunAsync("hi", new RunOptions { UserId = "ada", Memory = ambient, SessionId = "s" }, Stop);

        (await own.GetSessionAsync(PartitionKey.Named("ada"), "s", cancellationToken: Stop)).Single().Output.ShouldBe("Echo: hello");
        (await ambient.GetSessionAsync(PartitionKey.Named("ada"), "s", cancellationToken: Stop)).Single().Output.ShouldBe("Echo: hi");
        (await ambient.GetSessionAsync(PartitionKey.Anonymous, "s", cancellationToken: Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recall_BringsFactsBlocksAndTheConversationAsFarAsItSays()
    {
        var memory = new InMemoryMemory();
        var ada = PartitionKey.Named("ada");
        await memory.SetBlockAsync(ada, "persona", "prefers short answers", Stop);
        await memory.LearnAsync(ada, new Fact { Subject = "ada", Predicate = "plan", Object = "enterprise plan", ValidFrom = DateTimeOffset.UtcNow, RecordedAt = DateTimeOffset.UtcNow }, Stop);
        var model = Models.Scripted(_ => "ok");
        var run = new RunOptions { UserId = "ada", SessionId = "s", Memory = memory };
        await new Agent("x", model).RunAsync("Which plan does ada have?", run, Stop);
        await new Agent("x", model).RunAsync("And the price of that plan?", run, Stop);
        await new Agent("x", model, new() { Recall = new() { SessionEpisodes = 0, Facts = 0, Episodes = 0 } }).RunAsync("plan?", run, Stop);

        var first = string.Join('\n', model.Calls[0].Messages.Select(message => message.Text));
        first.ShouldContain("enterprise plan");
        first.ShouldContain("prefers short answers");
        model.Calls[1].Messages.Select(message => message.Text).ShouldContain("Which plan does ada have?");
        string.Join('\n', model.Calls[2].Messages.Select(message => message.Text)).ShouldNotContain("enterprise plan");
    }

    [Fact]
    public async Task RememberToolCalls_KeepsThemOnlyWhenAsked()
    {
        var memory = new InMemoryMemory();
        foreach (var keep in (bool[])[false, true])
        {
            await new Agent("x", CallsOnce(), new() { RememberToolCalls = keep, Tools = [Tool.Of(() => "secret", "t")] }).RunAsync("go", new RunOptions { Memory = memory, SessionId = "s" }, Stop);
        }

        (await memory.GetSessionAsync(default, "s", cancellationToken: Stop)).Select(episode => episode.ToolCalls.Count).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Sampling_ReachesTheModelWithoutItsInstructionsAndTools()
    {
        var model = Models.Scripted("done");
        await new Agent("x", model, new() { Sampling = new ChatOptions { Temperature = 0.1f, Instructions = "other", Tools = [Tool.Of(() => 1, "other")] } }).RunAsync("go", cancellationToken: Stop);
        model.Calls[0].Options!.ShouldSatisfyAllConditions(options => options.Temperature.ShouldBe(0.1f), options => options.Instructions.ShouldBeNull(), options => options.Tools.ShouldBeNull());
    }

    [Fact]
    public async Task Retry_SaysHowOften()
    {
        var model = Models.Scripted(_ => ScriptedTurn.Fail(new ModelException(ModelErrorKind.Transient, "busy")));
        await Should.ThrowAsync<ModelException>(() => new Agent("x", model, new() { Retry = new RetryPolicy { MaxAttempts = 4, InitialDelay = TimeSpan.Zero } }).RunAsync("go", cancellationToken: Stop));
        model.Calls.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Fallbacks_AreAskedInOrder()
    {
        ScriptedModel Down() => Models.Scripted(_ => ScriptedTurn.Fail(new ModelException(ModelErrorKind.Unavailable, "gone")));
        var agent = new Agent("x", Down(), new() { Fallbacks = [Down(), Models.Scripted("third")] });
        var events = await EventsAsync(agent);
        events.OfType<AgentProgressed>().Count(one => one.Activity == Activities.ModelFallback).ShouldBe(2);
        events.OfType<RunCompleted>().Single().Output.ToString().ShouldBe("third");
    }

    private sealed class Hanging : DelegatingChatClient
    {
        public Hanging() : base(Models.Echo())
        {
        }

        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task ModelTimeout_EndsACallThatHangsAndIsTriedElsewhere()
    {
        var clock = new ManualTimeProvider();
        var agent = new Agent("x", new Hanging(), new() { ModelTimeout = TimeSpan.FromSeconds(20), Retry = new RetryPolicy { MaxAttempts = 1 }, Fallbacks = [Models.Echo()] });
        (await clock.RunAsync(agent.RunAsync("go", new RunOptions { Time = clock }, Stop), TimeSpan.FromSeconds(21))).Output.ShouldBe("Echo: go");
    }

    [Fact]
    public async Task RateLimit_MakesCallsWait()
    {
        var clock = new ManualTimeProvider();
        var agent = new Agent("x", Models.Echo(), new() { RateLimit = new RateLimit("calls", 0.1), RateLimiter = new InMemoryRateLimiter(clock) });
        var options = new RunOptions { UserId = "ada", Time = clock };
        await agent.RunAsync("1", options, Stop);
        var second = agent.RunAsync("2", options, Stop);
        await agent.RunAsync("1", options with { UserId = "eve" }, Stop);
        second.IsCompleted.ShouldBeFalse();
        (await clock.RunAsync(second, TimeSpan.FromSeconds(11))).Output.ShouldBe("Echo: 2");
    }

    [Fact]
    public async Task RateLimiter_IsNeededForARateLimit() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => new Agent("x", Models.Echo(), new() { RateLimit = new RateLimit("calls", 1) }).RunAsync("go", cancellationToken: Stop)))
            .Message.ShouldContain("RateLimiter");

    [Fact]
    public async Task RejectOverRate_FailsInsteadOfWaiting()
    {
        var agent = new Agent("x", Models.Echo(), new() { RateLimit = new RateLimit("calls", 0.001), RateLimiter = new InMemoryRateLimiter(), RejectOverRate = true });
        await agent.RunAsync("1", cancellationToken: Stop);
        (await Should.ThrowAsync<RateLimitedException>(() => agent.RunAsync("2", cancellationToken: Stop))).RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task Budget_StopsTheRunAndSaysWhichLimit()
    {
        var usage = new UsageDetails { InputTokenCount = 60, OutputTokenCount = 40 };
        var agent = new Agent("x", Models.Scripted(_ => ScriptedTurn.Call("t") with { Usage = usage, Text = "so far" }), new() { Budget = new Budget { MaxTokens = 250 }, Tools = [Tool.Of(() => 1, "t")] });
        var events = await EventsAsync(agent);

        events.OfType<TurnCompleted>().Count().ShouldBe(3);
        events.OfType<BudgetExceeded>().Select(one => (one.Limit, one.Warning)).ShouldBe([("max_tokens", true), ("max_tokens", false)]);
        events.OfType<RunCompleted>().Single().ShouldSatisfyAllConditions(one => one.StopReason.ShouldBe("budget:max_tokens"), one => one.Output.ToString().ShouldBe("so far"));
    }

    [Fact]
    public async Task UserBudget_CountsOverRunsAndUsersApart()
    {
        var ledger = new InMemoryBudgetLedger();
        var usage = new UsageDetails { InputTokenCount = 90, OutputTokenCount = 10 };
        var agent = new Agent("x", Models.Scripted(_ => ScriptedTurn.Say("ok") with { Usage = usage }), new() { UserBudget = new UserBudget { MaxTokens = 150 }, BudgetLedger = ledger, ExpectedOutputTokens = 10 });
        async Task<string?> Run(string? user) => (await agent.RunAsync("go", new RunOptions { UserId = user }, Stop)).StopDetail;

        (await Run("ada")).ShouldBeNull();
        (await Run("ada")).ShouldBeNull();
        (await Run("ada")).ShouldBe("user_max_tokens");
        (await Run("eve")).ShouldBeNull();
        (await Run(null)).ShouldBeNull();
        (await ledger.GetSpentAsync(PartitionKey.Named("ada"), TimeSpan.FromDays(1), Stop)).TotalTokens.ShouldBe(200);
    }

    [Fact]
    public async Task ExpectedOutputTokens_AreReservedBeforeTheCall_UnlessSamplingLimitsThem()
    {
        async Task<string?> Run(int expected, int? most) => (await new Agent("x", Models.Scripted("ok"), new()
        {
            UserBudget = new UserBudget { MaxOutputTokens = 100 }, BudgetLedger = new InMemoryBudgetLedger(), ExpectedOutputTokens = expected, Sampling = new() { MaxOutputTokens = most },
        }).RunAsync("go", cancellationToken: Stop)).StopDetail;

        (await Run(100, null)).ShouldBeNull();
        (await Run(101, null)).ShouldBe("user_max_output_tokens");
        (await Run(101, 100)).ShouldBeNull();
        (await Run(1, 101)).ShouldBe("user_max_output_tokens");
    }

    [Fact]
    public async Task BudgetLedger_IsNeededForAUserBudget_AndOneThatIsAwayStopsTheCall()
    {
        var model = Models.Scripted("never");
        (await Should.ThrowAsync<InvalidOperationException>(() => new Agent("x", model, new() { UserBudget = new() }).RunAsync("go", cancellationToken: Stop)))
            .Message.ShouldContain("BudgetLedger");
        await Should.ThrowAsync<IOException>(() => new Agent("x", model, new() { UserBudget = new() { MaxTokens = 1 }, BudgetLedger = new Away() }).RunAsync("go", cancellationToken: Stop));
        model.Calls.ShouldBeEmpty();
    }

    private sealed class Away : IBudgetLedger
    {
        public ValueTask<BudgetReservation> ReserveAsync(PartitionKey partition, UserBudget budget, BudgetAmount amount, CancellationToken cancellationToken = default) => throw new IOException("away");

        public ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount actual, CancellationToken cancellationToken = default) => throw new IOException("away");

        public ValueTask<BudgetAmount> GetSpentAsync(PartitionKey partition, TimeSpan window, CancellationToken cancellationToken = default) => throw new IOException("away");
    }

    [Fact]
    public async Task Prices_GiveCostAndALimitOnCostRefusesUnknownOnes()
    {
        var usage = new UsageDetails { InputTokenCount = 1_000_000, OutputTokenCount = 100_000, CachedInputTokenCount = 400_000 };
        ScriptedModel Model() => Models.Scripted(ScriptedTurn.Say("ok") with { Usage = usage, Model = "gpt-9" });
        var prices = ModelPrices.Default.With("gpt-9", new ModelPrice(2m, 10m, 0.5m));

        (await new Agent("x", Model(), new() { Prices = prices }).RunAsync("go", cancellationToken: Stop)).Usage.Cost.ShouldBe(0.6m * 2 + 0.4m * 0.5m + 0.1m * 10);
        (await new Agent("x", Model()).RunAsync("go", cancellationToken: Stop)).Usage.Cost.ShouldBe(0);
        (await Should.ThrowAsync<InvalidOperationException>(() => new Agent("x", Model(), new() { Budget = new Budget { MaxCost = 1 } }).RunAsync("go", cancellationToken: Stop)))
            .Message.ShouldContain("'gpt-9'");
        ModelPrices.Default.Find("claude-opus-4-7-20260101")!.Value.Input.ShouldBe(5m);
    }

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

    [Fact]
    public async Task Guardrails_LookAtInputOutputAndToolResults()
    {
        var model = Models.Scripted(call => call.ToolResults.Any() ? "the answer is 42" : ScriptedTurn.Call("t"));
        var agent = new Agent("x", model, new()
        {
            Guardrails = [new RegexGuard("no-42", "42", GuardrailStage.Output, "[number]"), new RegexGuard("no-eve", "eve", GuardrailStage.Input | GuardrailStage.ToolResult, "[name]")],
            Tools = [Tool.Of(() => "eve called", "t")],
        });
        var result = await agent.RunAsync("ask eve", cancellationToken: Stop);
        result.Output.ShouldBe("the answer is [number]");
        model.Calls[0].LastUserText.ShouldBe("ask [name]");
        model.Calls[1].ToolResults.ShouldBe(["[name] called"]);
    }

    [Fact]
    public async Task Output_IsReadAsOneOfItsTypes()
    {
        var agent = new Agent("x", Models.Scripted("""{"value":{"reason":"late"}}"""), new() { Output = OutputSchema.AnyOf(typeof(Refund), typeof(Refusal)) });
        (await agent.RunAsync("go", cancellationToken: Stop)).Value.ShouldBe(new Refusal("late"));
    }

    private sealed record Refund(string Invoice, decimal Amount);

    private sealed record Refusal(string Reason);

    [Fact]
    public async Task OutputRetries_SayHowOftenTheModelMayRepairItsAnswer()
    {
        var model = Models.Scripted("{}", """{"invoice":"I-1"}""", """{"invoice":"I-1","amount":3}""");
        var agent = new Agent("x", model, new() { OutputRetries = 2 });
        (await agent.RunAsync<Refund>("go", cancellationToken: Stop)).Value.ShouldBe(new Refund("I-1", 3));
        model.Calls[1].LastUserText.ShouldContain("$.invoice is missing");
        model.Calls[2].LastUserText.ShouldContain("$.amount is missing");
        (await Should.ThrowAsync<OutputInvalidException>(() => new Agent("x", Models.Scripted("{}", "{}"), new() { OutputRetries = 1 }).RunAsync<Refund>("go", cancellationToken: Stop)))
            .Problems.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Compaction_PutsASummaryInPlaceOfOldTurns()
    {
        var model = Models.Scripted(call => call.System.StartsWith("Summarise", StringComparison.Ordinal) ? "SUMMARY" : call.Messages.Count > 7 ? "done" : ScriptedTurn.Call("t"));
        var agent = new Agent("x", Models.Scripted(Enumerable.Range(0, 6).Select(_ => ScriptedTurn.Call("t")).Append("done").ToArray()), new()
        {
            Compaction = new Compaction { AboveTokens = 100, KeepTurns = 2, Summarizer = model },
            Tools = [Tool.Of(() => new string('x', 200), "t")],
        });
        var result = await agent.RunAsync("the question", cancellationToken: Stop);
        result.Output.ShouldBe("done");
        result.Messages[0].Text.ShouldContain("SUMMARY");
        result.Messages.Count.ShouldBeLessThan(10);
        model.Calls[0].LastUserText.ShouldContain("the question");
    }

    [Fact]
    public async Task StopHooks_SendTheAgentBackToWork()
    {
        var model = Models.Scripted("draft", "better");
        var agent = new Agent("x", model, new() { StopHooks = [(output, _, _) => new(output == "draft" ? "improve it" : null)] });
        (await agent.RunAsync("go", cancellationToken: Stop)).Output.ShouldBe("better");
        model.Calls[1].LastUserText.ShouldBe("improve it");
    }

    [Fact]
    public async Task MaxStopHookIterations_EndsThatAndZeroTurnsItOff()
    {
        async Task<(StopReason, int)> Run(int most)
        {
            var model = Models.Scripted(_ => "draft");
            var result = await new Agent("x", model, new() { MaxStopHookIterations = most, StopHooks = [(_, _, _) => new("again")] }).RunAsync("go", cancellationToken: Stop);
            return (result.StopReason, model.Calls.Count);
        }

        (await Run(2)).ShouldBe((StopReason.StopHooksExhausted, 3));
        (await Run(0)).ShouldBe((StopReason.Completed, 1));
    }

    [Fact]
    public async Task PassPartialOutput_DecidesWhetherAStoppedAgentFailsItsStep()
    {
        Agent Capped(bool pass) => new("x", Models.Scripted(_ => ScriptedTurn.Call("t") with { Text = "partial" }), new() { Name = "a", MaxTurns = 1, PassPartialOutput = pass, Tools = [Tool.Of(() => 1, "t")] });

        (await Workflow.Chain("w", Capped(true)).RunAsync("go", cancellationToken: Stop)).Output.ShouldBe("partial");
        var stopped = await Should.ThrowAsync<AgentStoppedException>(() => Workflow.Chain("w", Capped(false)).RunAsync("go", cancellationToken: Stop));
        stopped.Kind.ShouldBe(FailureKind.Capped);
        stopped.Message.ShouldContain("max_turns");
        stopped.Result.Output.ShouldBe("partial");
    }
}
