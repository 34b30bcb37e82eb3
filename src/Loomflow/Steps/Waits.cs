namespace Loomflow;

/// <summary>Steps that wait: for time, for a person, for a signal. Durable where the run is.</summary>
public static class Waits
{
    /// <summary>Passes its input on after a while.</summary>
    /// <param name="name">The step's name.</param>
    /// <param name="duration">How long, from zero.</param>
    public static Step<T, T> Delay<T>(string name, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return new DelayStep<T>(name, duration);
    }

    /// <summary>
    /// Asks a person about its input and gives the answer. The answer's data, where there is some, replaces the input, so a person can
    /// correct what is approved.
    /// </summary>
    public static Step<T, Approval<T>> Approval<T>(string name, ApprovalOptions? options = null) => new ApprovalStep<T>(name, options ?? new ApprovalOptions());

    /// <summary>Waits for a signal and gives what it carries. Signals that came before are kept, in order.</summary>
    /// <param name="name">The step's name.</param>
    /// <param name="signal">The signal's name; the step's name unless given.</param>
    public static Step<TIn, TData> Signal<TIn, TData>(string name, string? signal = null) => new SignalStep<TIn, TData>(name, signal ?? name);

    private sealed class DelayStep<T>(string name, TimeSpan duration) : Step<T, T>(name), IDelayStep
    {
        public TimeSpan Duration { get; } = duration;

        internal override StepKind Kind => StepKind.Delay;

        internal override ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) => throw ScheduledByEngine(Name);
    }

    private sealed class ApprovalStep<T>(string name, ApprovalOptions options) : Step<T, Approval<T>>(name), IApprovalStep
    {
        internal override StepKind Kind => StepKind.Approval;

        public ApprovalRequest Request(Payload input, string approvalId, DateTimeOffset now) => new()
        {
            ApprovalId = approvalId,
            Title = options.Title ?? $"Approve '{Name}'?",
            Subject = input,
            Schema = options.Schema,
            Deadline = now + options.Deadline,
            Default = options.Default,
            Responders = options.Responders,
        };

        public object Conclude(Payload input, ApprovalDecision decision) => new Approval<T>(
            decision.Outcome == ApprovalOutcome.Approved,
            (decision.Data.IsNull ? input : decision.Data).As<T>(),
            decision.Responder,
            decision.Comment);

        internal override ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) => throw ScheduledByEngine(Name);
    }

    private sealed class SignalStep<TIn, TData>(string name, string signal) : Step<TIn, TData>(name), ISignalStep
    {
        public string Signal { get; } = signal;

        internal override StepKind Kind => StepKind.Signal;

        internal override ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) => throw ScheduledByEngine(Name);
    }

    private static InvalidOperationException ScheduledByEngine(string name) =>
        new($"'{name}' is a wait: it works as a node of a workflow and has no code to call.");
}
