namespace Loomflow;

/// <summary>When and how often a failed attempt is followed by another one.</summary>
/// <remarks>The pause before attempt n+1 is <see cref="InitialDelay"/> · <see cref="BackoffFactor"/>^(n−1), at most <see cref="MaxDelay"/>, spread by <see cref="Jitter"/>.</remarks>
public sealed record RetryPolicy
{
    /// <summary>How many attempts in all, from 1.</summary>
    public int MaxAttempts
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxAttempts counts the first attempt too: it must be at least 1.");
    } = 3;

    /// <summary>The pause after the first attempt.</summary>
    public TimeSpan InitialDelay
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "InitialDelay cannot be negative.");
    } = TimeSpan.FromSeconds(1);

    /// <summary>What each further pause is multiplied with, from 1.</summary>
    public double BackoffFactor
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "BackoffFactor must be at least 1.");
    } = 2;

    /// <summary>The longest pause.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By which fraction a pause may be shorter or longer, from 0 to 1.</summary>
    public double Jitter
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Jitter is a fraction from 0 to 1.");
    } = 0.1;

    /// <summary>Full names of exception types that are never retried, besides those that cannot get better (caps, refusals, wrong values, no route).</summary>
    public IReadOnlyList<string> NonRetryable { get; init; } = [];

    /// <summary>The same policy, not retrying <typeparamref name="TException"/> either.</summary>
    public RetryPolicy Except<TException>() where TException : Exception =>
        this with { NonRetryable = [.. NonRetryable, typeof(TException).FullName!] };

    /// <summary>Whether another attempt follows attempt <paramref name="attempt"/> that failed with <paramref name="failure"/>.</summary>
    public bool Allows(Failure failure, int attempt)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return attempt < MaxAttempts
            && failure.Kind is (FailureKind.Error or FailureKind.Timeout or FailureKind.Lost)
            && !NonRetryable.Contains(failure.Type);
    }

    /// <summary>The pause after attempt <paramref name="attempt"/>.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="random">A number from 0 to 1 that decides the jitter; data, so that the rule stays pure.</param>
    public TimeSpan DelayAfter(int attempt, double random)
    {
        var seconds = Math.Min(InitialDelay.TotalSeconds * Math.Pow(BackoffFactor, attempt - 1), MaxDelay.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (1 + (Jitter * ((2 * random) - 1))));
    }
}
