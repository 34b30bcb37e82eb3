using StackExchange.Redis;

namespace Loomflow.Redis.Budgets;

/// <summary>Keeps users to a rate in Redis, over all processes together, by the server's clock.</summary>
/// <param name="connection">The connection; stays the caller's.</param>
/// <param name="keyPrefix">What all keys begin with.</param>
public sealed class RedisRateLimiter(IConnectionMultiplexer connection, string keyPrefix = "loom:rate") : IRateLimiter
{
    /// <inheritdoc />
    public async ValueTask<RateLimitDecision> AcquireAsync(PartitionKey partition, RateLimit limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limit);
        limit.Validate();
        RedisKey bucket = $"{keyPrefix}:{{{partition.Encode()}}}:{PercentEncoding.Encode(limit.Name)}";
        var interval = (long)Math.Ceiling(limit.Interval.TotalMicroseconds);
        // Where a reply was lost, one is taken for nothing: the limit still holds.
        var wait = (long)await Outage.RideOutAsync(
            () => connection.GetDatabase().ScriptEvaluateAsync(BudgetScripts.Acquire, [bucket], [interval, interval * limit.Burst]), TimeProvider.System, cancellationToken);
        return new RateLimitDecision(wait == 0, TimeSpan.FromMicroseconds(wait));
    }
}
