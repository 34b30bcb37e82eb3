using Loomflow.Redis.Budgets;
using Loomflow.Redis.Tests.Memory;
using Loomflow.Tests.Budgets;

namespace Loomflow.Redis.Tests.Budgets;

public class RedisBudgetLedgerTests(MemoryRedis redis) : BudgetLedgerConformance, IClassFixture<MemoryRedis>
{
    private readonly string _prefix = $"test:{Guid.NewGuid():n}";

    protected override IBudgetLedger Open() => new RedisBudgetLedger(redis.Connection, _prefix, Time);

    [Fact]
    public async Task Keys_ExpireAnHourAfterTheirWindow()
    {
        await Open().ReserveAsync(PartitionKey.Anonymous, new UserBudget(), new BudgetAmount(1), TestContext.Current.CancellationToken);

        var database = redis.Connection.GetDatabase();
        var root = $"{_prefix}:{{a}}:86400:{new DateTimeOffset(2026, 3, 4, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}";
        foreach (var key in (string[])[root, $"{root}:open", $"{root}:due"])
        {
            (await database.KeyTimeToLiveAsync(key)).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromHours(14.9), TimeSpan.FromHours(15));
        }
    }
}
