namespace Loomflow;

/// <summary>Whether something may be done now.</summary>
/// <param name="Granted">Whether it may; it is counted then.</param>
/// <param name="RetryAfter">How long to wait before it may be granted; zero where it was.</param>
public readonly record struct RateLimitDecision(bool Granted, TimeSpan RetryAfter);
