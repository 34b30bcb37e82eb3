namespace Loomflow;

/// <summary>What became of a run.</summary>
public record WorkflowResult
{
    private readonly IReadOnlyList<NodeVisit> _completed;

    internal WorkflowResult(RunIdentity run, string definitionHash, RunState state)
    {
        Run = run;
        DefinitionHash = definitionHash;
        Status = state.Status;
        Value = state.Output;
        Usage = state.Usage;
        StartedAt = state.StartedAt;
        EndedAt = state.EndedAt ?? state.StartedAt;

        // Nothing is added any more once a run has ended.
        History = state.IsTerminal ? state.History : [.. state.History];
        _completed = state.IsTerminal ? state.Completed : [.. state.Completed];
    }

    /// <summary>Who and what the run was.</summary>
    public RunIdentity Run { get; }

    /// <summary>The run's id.</summary>
    public string RunId => Run.RunId;

    /// <summary>The content hash of the definition that ran.</summary>
    public string DefinitionHash { get; }

    /// <summary>How the run ended.</summary>
    public RunStatus Status { get; }

    /// <summary>What the run gave.</summary>
    public Payload Value { get; }

    /// <summary>The names of the nodes in the order in which they were done, one entry for each visit.</summary>
    public IReadOnlyList<string> Visited => [.. _completed.Where(visit => visit.Frame.Path.Length == 0).Select(visit => visit.Node)];

    /// <summary>Every visit to every node, nested workflows included, in the order in which they began.</summary>
    public IReadOnlyList<NodeVisit> History { get; }

    /// <summary>What the last visit of each node gave.</summary>
    public IReadOnlyDictionary<string, Payload> LastOutputs =>
        History.Where(visit => visit.Frame.Path.Length == 0 && visit.Status == RunStatus.Completed)
            .GroupBy(visit => visit.Node, StringComparer.Ordinal)
            .ToDictionary(visits => visits.Key, visits => visits.Last().Output, StringComparer.Ordinal);

    /// <summary>Tokens and cost, nested agents and workflows included.</summary>
    public Usage Usage { get; }

    /// <summary>When the run started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>When the run ended.</summary>
    public DateTimeOffset EndedAt { get; }

    /// <summary>How long the run took.</summary>
    public TimeSpan Duration => EndedAt - StartedAt;
}
