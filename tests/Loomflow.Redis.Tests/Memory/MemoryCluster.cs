using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>A server in cluster mode that has all slots: it refuses commands and scripts whose keys are of different slots.</summary>
public sealed class MemoryCluster : MemoryRedis
{
    protected override IReadOnlyList<string> Arguments => ["--cluster-enabled", "yes"];

    protected override async Task PrepareAsync(IDatabase database)
    {
        await database.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
        var deadline = Environment.TickCount64 + 30_000;
        while (!((string)(await database.ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal))
        {
            if (Environment.TickCount64 > deadline) throw new TimeoutException("The cluster did not become ready.");
            await Task.Delay(10);
        }
    }
}
