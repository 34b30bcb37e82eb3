using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Loomflow.Redis.Memory;

/// <summary>Says whether memory can be reached, and how it finds episodes. Runs go on without memory, so that it is away is no more than a degradation.</summary>
internal sealed class RedisMemoryHealthCheck(RedisMemory memory) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var mode = await memory.PingAsync(cancellationToken);
            return HealthCheckResult.Healthy($"Recall by {mode}.", new Dictionary<string, object> { ["recall"] = mode.ToString() });
        }
        catch (MemoryUnavailableException failure)
        {
            return HealthCheckResult.Degraded(failure.Message, failure);
        }
    }
}
