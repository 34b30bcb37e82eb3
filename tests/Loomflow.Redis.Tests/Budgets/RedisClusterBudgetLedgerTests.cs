using Loomflow.Redis.Budgets;
using Loomflow.Redis.Tests.Memory;
using Loomflow.Tests.Budgets;

namespace Loomflow.Redis.Tests.Budgets;

public class RedisClusterBudgetLedgerTests(MemoryCluster redis) : BudgetLedgerConformance, IClassFixture<MemoryCluster>
{
    private readonly string _prefix = $"test:{Guid.NewGuid():n}";

    protected override IBudgetLedger Open() => new RedisBudgetLedger(redis.Connection, _prefix, Time);
}
