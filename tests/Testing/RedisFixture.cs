using Xunit;

namespace Loomflow.Testing;

/// <summary>One redis-server for all tests of a project: make it the assembly's fixture.</summary>
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
