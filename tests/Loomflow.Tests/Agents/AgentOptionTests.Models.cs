using Loomflow.Testing;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.AgentLoop;

/// <content>Options of model calls: sampling, retries, fallbacks, rates and budgets.</content>
public partial class AgentOptionTests
{
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
}
