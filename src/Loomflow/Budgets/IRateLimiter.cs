namespace Loomflow;

/// <summary>Keeps users to a rate, over all processes that share the limiter.</summary>
public interface IRateLimiter
{
    /// <summary>Takes one from a user's bucket where there is one, without waiting.</summary>
    ValueTask<RateLimitDecision> AcquireAsync(PartitionKey partition, RateLimit limit, CancellationToken cancellationToken = default);
}
