using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What a caller says about one run of a <see cref="StepAgent"/>. A <see cref="RunOptions"/> will do where there is nothing else to say.</summary>
public sealed record StepAgentRunOptions
{
    /// <summary>User, session, tone, timeout and the like.</summary>
    public RunOptions Run { get; init; } = new();

    /// <summary>
    /// Model, temperature, top-p, top-k, length, penalties, seed and stop sequences for every step of this run: stronger than what the steps
    /// and the agent say. Nothing else in it is used.
    /// </summary>
    public ChatOptions? Sampling { get; init; }

    /// <summary>Whether the last step shows its answer piece by piece; as the step says, where not given.</summary>
    public bool? Stream { get; init; }

    /// <summary>A run with these options.</summary>
    public static implicit operator StepAgentRunOptions(RunOptions run) => FromRunOptions(run);

    /// <summary>A run with these options.</summary>
    public static StepAgentRunOptions FromRunOptions(RunOptions run) => new() { Run = run };
}
