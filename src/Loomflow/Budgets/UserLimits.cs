namespace Loomflow;

/// <summary>
/// What a host holds each user to, whichever agents work for them. Agents find it among the services of their run; limits of their own
/// hold besides. <see cref="IBudgetLedger"/> and <see cref="IRateLimiter"/>, from the same services, count.
/// </summary>
public sealed record UserLimits
{
    /// <summary>What a user may consume in a window of time; <see langword="null"/> for no limit.</summary>
    public UserBudget? Budget { get; init; }

    /// <summary>How many model calls a user may begin; <see langword="null"/> for no limit.</summary>
    public RateLimit? Rate { get; init; }
}
