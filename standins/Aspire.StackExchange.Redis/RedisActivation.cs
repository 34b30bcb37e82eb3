using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Connects when the host starts rather than on first use.</summary>
internal sealed class RedisActivation(Func<IConnectionMultiplexer> connection) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        connection();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
