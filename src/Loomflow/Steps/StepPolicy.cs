namespace Loomflow;

/// <summary>Retries, time limits and what a failure means, for one step.</summary>
public sealed record StepPolicy
{
    /// <summary>One attempt, no time limit, a failure fails the run.</summary>
    public static StepPolicy Default { get; } = new();

    /// <summary>When and how often to try again; <see langword="null"/> for one attempt.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>How long one attempt may take; <see langword="null"/> for no limit.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>How long all attempts with the pauses between them may take; <see langword="null"/> for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What happens when the last attempt has failed.</summary>
    public FailurePolicy OnFailure { get; init; } = FailurePolicy.FailRun;

    internal StepPolicy Validated(string step)
    {
        if (AttemptTimeout <= TimeSpan.Zero || Timeout <= TimeSpan.Zero)
        {
            throw new ArgumentException($"Step '{step}': a timeout must be longer than zero; leave it null for no limit.");
        }

        return this;
    }
}
