namespace Loomflow;

/// <summary>A step or agent as a worker carries it out: away from the engine that runs the graph around it.</summary>
public sealed class HostedStep
{
    /// <summary>Makes a step ready to be hosted.</summary>
    /// <exception cref="ArgumentException">The step has no code of its own: a workflow, a wait or a remote step.</exception>
    public HostedStep(Step step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (step.Kind != StepKind.Code)
        {
            throw new ArgumentException($"'{step.Name}' cannot be hosted by a worker: only functions and agents can, workflows and waits are carried out by the orchestrator.", nameof(step));
        }

        Step = step;
    }

    /// <summary>The step.</summary>
    public Step Step { get; }

    /// <summary>Carries out one attempt.</summary>
    /// <param name="context">The run's context on this host.</param>
    /// <param name="path">The place in the run.</param>
    /// <param name="visit">How often the run has come here, from 1.</param>
    /// <param name="attempt">Which try of this visit it is, from 1.</param>
    /// <param name="input">What the step is given.</param>
    /// <param name="history">What is journaled of this visit so far, in order.</param>
    /// <param name="cancellationToken">Stops the step.</param>
    /// <exception cref="PayloadException">The input is not what the step takes, or its output cannot be written as JSON.</exception>
    public async Task<Payload> RunAsync(
        RunContext context, string path, int visit, int attempt, Payload input, IReadOnlyList<RunEvent> history, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var scope = new StepScope(context with { History = new JournalHistory(history) }, path, visit, attempt).Enter();
        var value = Step.AcceptsText ? input.ToString() : input.As(Step.InputType);
        if (value is null && Step.InputType.IsValueType && Nullable.GetUnderlyingType(Step.InputType) is null)
        {
            throw new PayloadException($"'{Step.Name}' takes {Step.InputType.Name}, not null.");
        }

        var output = await Step.InvokeAsync(value, cancellationToken).ConfigureAwait(false);
        return Payload.FromJson(Payload.Of(output).ToJson());
    }
}
