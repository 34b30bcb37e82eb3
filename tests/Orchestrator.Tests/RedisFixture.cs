using Loomflow.Testing;

[assembly: AssemblyFixture(typeof(Loomflow.Aspire.Orchestrator.Tests.RedisFixture))]

namespace Loomflow.Aspire.Orchestrator.Tests;

/// <summary>One redis-server for the whole project; tests keep apart by run ids and by flushing before they begin.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _redis;

    public RedisServer Redis
    {
        get
        {
            RedisServer.SkipIfMissing();
            return _redis!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (RedisServer.IsInstalled) _redis = await RedisServer.StartAsync();
    }

    public ValueTask DisposeAsync() => _redis?.DisposeAsync() ?? ValueTask.CompletedTask;
}
