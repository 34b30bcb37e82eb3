namespace Loomflow;

/// <summary>A model call was refused by the agent's own <see cref="AgentOptions.RateLimit"/>, before it was made.</summary>
public sealed class RateLimitedException : Exception
{
    internal RateLimitedException(PartitionKey user, RateLimit limit, TimeSpan retryAfter)
        : base($"The rate limit '{limit.Name}' of {user} is used up: try again in {retryAfter.TotalSeconds:0.###} s, or raise PerSecond or Burst.") => RetryAfter = retryAfter;

    /// <summary>When the next call would be let through.</summary>
    public TimeSpan RetryAfter { get; }
}
