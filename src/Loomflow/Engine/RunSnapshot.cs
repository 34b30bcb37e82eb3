namespace Loomflow;

/// <summary>Where a run stands, at any time of its life.</summary>
public sealed record RunSnapshot : WorkflowResult
{
    internal RunSnapshot(RunIdentity run, string definitionHash, RunState state) : base(run, definitionHash, state)
    {
        Failure = state.Failure;
        OpenApprovals = [.. state.OpenApprovals.Values.Select(asked => asked.Request)];
        LastSequence = state.Sequence;
    }

    /// <summary>What ended the run, if it failed.</summary>
    public Failure? Failure { get; }

    /// <summary>Questions without an answer.</summary>
    public IReadOnlyList<ApprovalRequest> OpenApprovals { get; }

    /// <summary>The last event.</summary>
    public long LastSequence { get; }

    /// <summary>Folds a journal.</summary>
    public static RunSnapshot Of(IWorkflow workflow, RunIdentity run, IEnumerable<RunEvent> journal)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(journal);
        var state = new RunState(workflow.Graph);
        foreach (var runEvent in journal) state.Apply(runEvent);
        return new RunSnapshot(run, workflow.DefinitionHash, state);
    }
}
