using Loomflow.Audit;

namespace Loomflow;

/// <summary>Caps, and what nested agents and workflows inherit.</summary>
public sealed record WorkflowOptions
{
    /// <summary>The most steps one run may take, from 1. Ends loops that never end by themselves.</summary>
    public int MaxSteps { get; init => field = AtLeastOne(value, nameof(MaxSteps)); } = 100;

    /// <summary>How often one run may come to the same node, from 1.</summary>
    public int MaxVisitsPerNode { get; init => field = AtLeastOne(value, nameof(MaxVisitsPerNode)); } = 25;

    /// <summary>How many steps of one run work at the same time, from 1.</summary>
    public int MaxConcurrency { get; init => field = AtLeastOne(value, nameof(MaxConcurrency)); } = 8;

    /// <summary>How long a run may take; <see langword="null"/> for no limit. A run's own option comes first.</summary>
    public TimeSpan? Timeout
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Timeout must be longer than zero; leave it null for no limit.");
    }

    /// <summary>How long a cancelled step may take to stop before it is left behind.</summary>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The memory of every nested agent that has none of its own.</summary>
    public IMemory? Memory { get; init; }

    /// <summary>The response tone of every nested agent that has none of its own.</summary>
    public string? ResponseTone { get; init; }

    /// <summary>The log that entries of runs go to. As a node of another workflow, a workflow's entries go where those of the run go.</summary>
    public IAuditLog? AuditLog { get; init; }

    /// <summary>
    /// What a run waits for its audit entries to be durable for, where the log is another process. In this process an entry is always appended before
    /// what it announces begins. A nested workflow is under the policy of the run that it is part of.
    /// </summary>
    public AuditPolicy AuditPolicy { get; init; }

    /// <summary>Whether audit entries hold inputs, outputs and arguments whole instead of their first <see cref="AuditMapper.SummaryLength"/> characters.</summary>
    public bool AuditFullContent { get; init; }

    internal static WorkflowOptions Default { get; } = new();

    private static int AtLeastOne(int value, string name) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
}
