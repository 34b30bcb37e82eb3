using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Everything about a <see cref="StepAgent"/> besides its steps and its model.</summary>
public sealed record StepAgentOptions
{
    /// <summary>What the agent is, for the system message of every step; empty for none.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>
    /// How models and tools are called: name, sampling, tone, retries, fallbacks, time limits, rate limit, budgets, permissions, hooks, approvals,
    /// guardrails. What belongs to a model's loop (tools, output, turns, stop hooks, compaction, memory) is refused: the steps say it here.
    /// </summary>
    public AgentOptions Agent { get; init; } = new();

    /// <summary>Models that steps can name; any other name is passed on to the agent's own client.</summary>
    public IReadOnlyDictionary<string, IChatClient> Models { get; init; } = ImmutableDictionary<string, IChatClient>.Empty;

    /// <summary>The tools, and which kinds of step they are offered to.</summary>
    public IReadOnlyList<ScopedTool> Tools { get; init; } = [];

    /// <summary>How tools are selected in steps that do not say it themselves.</summary>
    public ToolSelection ToolSelection { get; init; } = new();

    /// <summary>How many earlier runs of a session <see cref="StepContext.History"/> holds, from 0.</summary>
    public int MaxHistory
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxHistory must be 0 or more.");
    } = 10;

    internal StepAgentOptions Validated(string agent)
    {
        string? misplaced =
            Agent.Tools.Count > 0 || Agent.ToolSources.Count > 0 ? "Tools: put them into StepAgentOptions.Tools"
            : Agent.Output is not null ? "Output: give the step's answer a type, as in [Think<Analysis>]"
            : Agent.MaxTurns != new AgentOptions().MaxTurns ? "MaxTurns: the steps say how often the model is asked"
            : Agent.StopHooks.Count > 0 ? "StopHooks: write a [Run] method that looks at results and goes on"
            : Agent.Compaction is not null ? "Compaction: each step is a conversation of its own"
            : Agent.Memory is not null ? "Memory: read it in a step's method and put what it says into the prompt"
            : null;
        return misplaced is null ? this : throw new ArgumentException($"'{agent}' runs steps, so AgentOptions.{misplaced}.", nameof(Agent));
    }
}
