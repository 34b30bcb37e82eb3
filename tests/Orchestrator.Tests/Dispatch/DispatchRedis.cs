using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>A redis-server of a test class's own: orchestrators of other tests would take its runs out of a shared queue.</summary>
public sealed class DispatchRedis : IAsyncLifetime
{
    public RedisServer Redis { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Redis = await RedisServer.StartAsync();

    public ValueTask DisposeAsync() => Redis?.DisposeAsync() ?? ValueTask.CompletedTask;
}
