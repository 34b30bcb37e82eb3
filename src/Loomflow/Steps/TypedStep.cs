namespace Loomflow;

/// <summary>A step that takes a <typeparamref name="TIn"/> and gives a <typeparamref name="TOut"/>.</summary>
public abstract class Step<TIn, TOut> : Step
{
    private protected Step(string name) : base(name)
    {
    }

    /// <inheritdoc />
    public sealed override Type InputType => typeof(TIn);

    /// <inheritdoc />
    public sealed override Type OutputType => typeof(TOut);

    /// <summary>The same step under another name.</summary>
    public Step<TIn, TOut> Named(string name) => (Step<TIn, TOut>)Renamed(name);

    /// <summary>The same step with retries.</summary>
    public Step<TIn, TOut> WithRetry(RetryPolicy retry)
    {
        ArgumentNullException.ThrowIfNull(retry);
        return (Step<TIn, TOut>)With(policy => policy with { Retry = retry });
    }

    /// <summary>The same step with a limit on each attempt and, optionally, on all attempts together.</summary>
    public Step<TIn, TOut> WithTimeout(TimeSpan attempt, TimeSpan? total = null) =>
        (Step<TIn, TOut>)With(policy => policy with { AttemptTimeout = attempt, Timeout = total });

    /// <summary>The same step with another meaning of failure.</summary>
    public Step<TIn, TOut> OnFailure(FailurePolicy failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return (Step<TIn, TOut>)With(policy => policy with { OnFailure = failure });
    }
}
