using Loomflow.Testing;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>A redis-server of a test class's own, with a connection to it.</summary>
public class MemoryRedis : IAsyncLifetime
{
    public RedisServer Server { get; private set; } = null!;

    public IConnectionMultiplexer Connection { get; private set; } = null!;

    protected virtual IReadOnlyList<string> Arguments => [];

    public async ValueTask InitializeAsync()
    {
        Server = await RedisServer.StartAsync(new RedisServerOptions { Arguments = Arguments });
        Connection = await ConnectionMultiplexer.ConnectAsync(Server.ConnectionString);
        await PrepareAsync(Connection.GetDatabase());
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Connection is not null) await Connection.DisposeAsync();
        if (Server is not null) await Server.DisposeAsync();
    }

    protected virtual Task PrepareAsync(IDatabase database) => Task.CompletedTask;
}
