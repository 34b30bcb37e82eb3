using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Loomflow.Redis.Memory;

/// <summary>
/// Says whether memory can be reached, how it finds episodes, and how the taking of facts goes. Runs go on without either, so that something is wrong
/// is no more than a degradation.
/// </summary>
internal sealed class RedisMemoryHealthCheck(RedisMemory memory, FactExtractingMemory? extraction) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var mode = await memory.PingAsync(cancellationToken);
            var data = new Dictionary<string, object> { ["recall"] = mode.ToString() };
            if (extraction?.Status is not { } facts) return HealthCheckResult.Healthy($"Recall by {mode}.", data);

            (data["factsWaiting"], data["factsExtracted"], data["factsFailed"], data["factsDropped"]) = (facts.Waiting, facts.Extracted, facts.Failed, facts.Dropped);
            return facts.LastFailure is { } failure
                ? HealthCheckResult.Degraded($"Recall by {mode}. No facts were taken from the latest episode ({failure}): see the log.", data: data)
                : HealthCheckResult.Healthy($"Recall by {mode}.", data);
        }
        catch (MemoryUnavailableException failure)
        {
            return HealthCheckResult.Degraded(failure.Message, failure);
        }
    }
}
