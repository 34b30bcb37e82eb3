using Loomflow.Testing;

namespace Loomflow.Tests.Budgets;

/// <summary>What every ledger does, shown on each of them.</summary>
public abstract class BudgetLedgerConformance
{
    private static readonly PartitionKey s_alice = PartitionKey.Named("alice");

    protected ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 10, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens this test's ledger, as another process would.</summary>
    protected abstract IBudgetLedger Open();

    [Fact]
    public async Task Reserve_ThenSettle_CountsWhatWasReallyTaken()
    {
        var ledger = Open();
        var reservation = await ledger.ReserveAsync(s_alice, new UserBudget { MaxTokens = 1_000 }, new BudgetAmount(400, 500), Cancellation);
        reservation.Granted.ShouldBeTrue();
        reservation.Spent.ShouldBe(new BudgetAmount(400, 500));

        var actual = new BudgetAmount(380, 70, 0.123456789m, TimeSpan.FromMilliseconds(1_500));
        await Open().SettleAsync(reservation, actual, Cancellation);
        await ledger.SettleAsync(reservation, actual, Cancellation);

        (await ledger.GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).ShouldBe(actual);
    }

    [Fact]
    public async Task Amounts_Large_AreCountedExactly()
    {
        var ledger = Open();
        var amount = new BudgetAmount(3_000_000_000_001, 2_000_000_000_003, 1_234_567.123456789m, TimeSpan.FromDays(1_000));
        var reservation = await ledger.ReserveAsync(s_alice, new UserBudget(), amount, Cancellation);
        reservation.Spent.ShouldBe(amount);
        await ledger.SettleAsync(reservation, amount + new BudgetAmount(1), Cancellation);

        (await ledger.GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).ShouldBe(amount + new BudgetAmount(1));
    }

    [Fact]
    public async Task Settle_MoreThanReserved_IsCountedToo()
    {
        var ledger = Open();
        var reservation = await ledger.ReserveAsync(s_alice, new UserBudget(), new BudgetAmount(10), Cancellation);
        await ledger.SettleAsync(reservation, new BudgetAmount(25), Cancellation);

        (await ledger.GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).ShouldBe(new BudgetAmount(25));
    }

    [Theory]
    [InlineData(nameof(UserBudget.MaxTokens))]
    [InlineData(nameof(UserBudget.MaxInputTokens))]
    [InlineData(nameof(UserBudget.MaxOutputTokens))]
    [InlineData(nameof(UserBudget.MaxCost))]
    [InlineData(nameof(UserBudget.MaxWallClock))]
    public async Task Reserve_BeyondALimit_IsRefusedByName_AndTakesNothing(string limit)
    {
        var budget = limit switch
        {
            nameof(UserBudget.MaxTokens) => new UserBudget { MaxTokens = 20 },
            nameof(UserBudget.MaxInputTokens) => new UserBudget { MaxInputTokens = 10 },
            nameof(UserBudget.MaxOutputTokens) => new UserBudget { MaxOutputTokens = 10 },
            nameof(UserBudget.MaxCost) => new UserBudget { MaxCost = 0.10m },
            _ => new UserBudget { MaxWallClock = TimeSpan.FromSeconds(10) },
        };
        var ledger = Open();
        var half = new BudgetAmount(5, 5, 0.05m, TimeSpan.FromSeconds(5));
        (await ledger.ReserveAsync(s_alice, budget, half, Cancellation)).Granted.ShouldBeTrue();
        (await ledger.ReserveAsync(s_alice, budget, half, Cancellation)).Granted.ShouldBeTrue();

        var refused = await ledger.ReserveAsync(s_alice, budget, half, Cancellation);

        refused.ExceededLimit.ShouldBe(limit);
        refused.Spent.ShouldBe(half + half);
        await ledger.SettleAsync(refused, half, Cancellation);
        (await ledger.GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).ShouldBe(half + half);
    }

    [Fact]
    public async Task Reserve_ByManyAtOnce_NeverGrantsMoreThanTheBudget()
    {
        var replicas = Enumerable.Range(0, 4).Select(_ => Open()).ToArray();
        var budget = new UserBudget { MaxTokens = 1_000 };

        var reservations = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            replicas[i % 4].ReserveAsync(s_alice, budget, new BudgetAmount(70), Cancellation).AsTask()));

        reservations.Count(reservation => reservation.Granted).ShouldBe(14);
        (await replicas[0].GetSpentAsync(s_alice, budget.Window, Cancellation)).ShouldBe(new BudgetAmount(980));
    }

    [Fact]
    public async Task Users_AndAnonymous_SpendTheirOwn()
    {
        var ledger = Open();
        var budget = new UserBudget { MaxTokens = 10 };
        foreach (var user in (string[])["alice", "bob", "", "a"])
        {
            (await ledger.ReserveAsync(PartitionKey.Of(user), budget, new BudgetAmount(10), Cancellation)).Granted.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task NextWindow_BeginsAtNothing_AndLateSettlementsStayInTheirs()
    {
        var ledger = Open();
        var budget = new UserBudget { MaxTokens = 10, Window = TimeSpan.FromDays(1) };
        var yesterday = await ledger.ReserveAsync(s_alice, budget, new BudgetAmount(10), Cancellation);
        yesterday.WindowStart.ShouldBe(new DateTimeOffset(2026, 3, 4, 0, 0, 0, TimeSpan.Zero));
        (await ledger.ReserveAsync(s_alice, budget, new BudgetAmount(1), Cancellation)).Granted.ShouldBeFalse();
        Time.Advance(TimeSpan.FromHours(14));

        (await ledger.ReserveAsync(s_alice, budget, new BudgetAmount(4), Cancellation)).Granted.ShouldBeTrue();
        await ledger.SettleAsync(yesterday, new BudgetAmount(2), Cancellation);
        (await ledger.GetSpentAsync(s_alice, budget.Window, Cancellation)).ShouldBe(new BudgetAmount(4));
    }

    [Fact]
    public async Task Reservation_ThatIsNeverSettled_IsGivenBack()
    {
        var budget = new UserBudget { MaxTokens = 100 };
        await Open().ReserveAsync(s_alice, budget, new BudgetAmount(60, 30), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(14));
        (await Open().ReserveAsync(s_alice, budget, new BudgetAmount(20), Cancellation)).Granted.ShouldBeFalse();

        Time.Advance(TimeSpan.FromMinutes(1));

        (await Open().GetSpentAsync(s_alice, budget.Window, Cancellation)).ShouldBe(default);
        (await Open().ReserveAsync(s_alice, budget, new BudgetAmount(100), Cancellation)).Granted.ShouldBeTrue();
    }

    [Fact]
    public async Task Settle_AfterTheReservationWasGivenBack_CountsInFullAndOnce()
    {
        var budget = new UserBudget { MaxTokens = 100 };
        var slow = await Open().ReserveAsync(s_alice, budget, new BudgetAmount(60, 30), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(20));
        (await Open().ReserveAsync(s_alice, budget, new BudgetAmount(5), Cancellation)).Granted.ShouldBeTrue();

        await Open().SettleAsync(slow, new BudgetAmount(50, 10), Cancellation);
        await Open().SettleAsync(slow, new BudgetAmount(50, 10), Cancellation);

        (await Open().GetSpentAsync(s_alice, budget.Window, Cancellation)).ShouldBe(new BudgetAmount(55, 10));
    }

    [Fact]
    public async Task Agents_OfManyReplicas_NeverProduceMoreThanTheUsersBudget()
    {
        var usage = new Microsoft.Extensions.AI.UsageDetails { InputTokenCount = 2, OutputTokenCount = 50 };
        var replicas = Enumerable.Range(0, 4).Select(_ => new Agent(
            "x",
            Models.Scripted(_ => ScriptedTurn.Say("ok") with { Usage = usage }),
            new AgentOptions
            {
                UserBudget = new UserBudget { MaxOutputTokens = 500 },
                BudgetLedger = Open(),
                Sampling = new Microsoft.Extensions.AI.ChatOptions { MaxOutputTokens = 50 },
            })).ToArray();

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => replicas[i % 4].RunAsync("go", new RunOptions { UserId = "alice" }, Cancellation)));

        results.Count(result => result.IsComplete).ShouldBe(10);
        results.Where(result => !result.IsComplete).ShouldAllBe(result => result.StopDetail == "user_max_output_tokens");
        (await Open().GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).OutputTokens.ShouldBe(500);
    }

    [Fact]
    public async Task Reserve_NegativeAmountOrWindowOfNoTime_IsRefused()
    {
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await Open().ReserveAsync(s_alice, new UserBudget(), new BudgetAmount(-1), Cancellation));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () =>
            await Open().ReserveAsync(s_alice, new UserBudget { Window = TimeSpan.Zero }, new BudgetAmount(1), Cancellation));
    }
}
