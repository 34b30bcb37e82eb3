using Loomflow.Testing;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(Redis.Tests.RedisFixture))]

namespace Redis.Tests;

/// <summary>One server for all tests that do not trouble it, and a connection to it for each protocol.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;
    private ConnectionMultiplexer? _resp2;
    private ConnectionMultiplexer? _resp3;

    public RedisServer Server
    {
        get
        {
            RedisServer.SkipIfMissing();
            return _server!;
        }
    }

    public ConnectionMultiplexer Connection(RedisProtocol protocol = RedisProtocol.Resp2)
    {
        RedisServer.SkipIfMissing();
        return protocol == RedisProtocol.Resp3 ? _resp3! : _resp2!;
    }

    public async ValueTask InitializeAsync()
    {
        if (!RedisServer.IsInstalled) return;
        _server = await RedisServer.StartAsync();
        _resp2 = await ConnectionMultiplexer.ConnectAsync($"{_server.ConnectionString},allowAdmin=true,syncTimeout=30000,asyncTimeout=30000");
        _resp3 = await ConnectionMultiplexer.ConnectAsync($"{_server.ConnectionString},allowAdmin=true,syncTimeout=30000,asyncTimeout=30000,protocol=resp3");
    }

    public async ValueTask DisposeAsync()
    {
        if (_resp2 is not null) await _resp2.DisposeAsync();
        if (_resp3 is not null) await _resp3.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }
}
