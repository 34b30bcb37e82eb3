using Loomflow.Testing;

[assembly: AssemblyFixture(typeof(Loomflow.Aspire.AgentWorker.Tests.RedisFixture))]

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>One redis-server for the whole project.</summary>
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
