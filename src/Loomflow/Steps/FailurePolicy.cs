namespace Loomflow;

/// <summary>What it means for the run when a step has failed for good.</summary>
public abstract record FailurePolicy
{
    private FailurePolicy()
    {
    }

    /// <summary>The run fails: siblings are cancelled and awaited, the original exception is thrown.</summary>
    public static FailurePolicy FailRun { get; } = new Fail();

    /// <summary>The run goes on as if the step had given <paramref name="value"/>.</summary>
    public static FailurePolicy ContinueWith(object? value) => new Continue(_ => value);

    /// <summary>The run goes on as if the step had given what <paramref name="value"/> makes of the failure.</summary>
    public static FailurePolicy ContinueWith(Func<Failure, object?> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Continue(value);
    }

    /// <summary>
    /// The run goes on at <paramref name="node"/> instead of the step's successors. The node is given the <see cref="Failure"/> if it
    /// takes one, else the failed step's input.
    /// </summary>
    public static FailurePolicy GoTo(string node)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(node);
        return new Go(node);
    }

    /// <summary>The run goes on with the failure itself; the target tells it from an output.</summary>
    internal static FailurePolicy DeliverFailure { get; } = new Deliver();

    internal sealed record Fail : FailurePolicy;

    internal sealed record Deliver : FailurePolicy;

    internal sealed record Continue(Func<Failure, object?> Value) : FailurePolicy;

    internal sealed record Go(string Node) : FailurePolicy;
}
