namespace Loomflow.Aspire.Orchestrator.Approvals;

/// <summary>The questions of a run, folded from its journal alone: whoever answers need not have the definition that the run is pinned to.</summary>
internal sealed class Questions
{
    private readonly Dictionary<string, ApprovalRequested> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ApprovalRequest> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ApprovalDecision> _decided = new(StringComparer.Ordinal);

    private Questions()
    {
    }

    /// <summary>Questions without an answer, in the order in which they were asked.</summary>
    public IReadOnlyList<ApprovalRequest> Open => [.. _open.Values.OrderBy(asked => asked.Sequence).Select(asked => asked.Request)];

    public ApprovalRequest? Asked(string approvalId) => _asked.GetValueOrDefault(approvalId);

    public ApprovalDecision? Decided(string approvalId) => _decided.GetValueOrDefault(approvalId);

    public bool IsOpen(string approvalId) => _open.ContainsKey(approvalId);

    public static Questions In(IEnumerable<RunEvent> journal)
    {
        var questions = new Questions();
        foreach (var runEvent in journal) questions.Apply(runEvent);
        return questions;
    }

    private void Apply(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case ApprovalRequested asked:
                _open[asked.Request.ApprovalId] = asked;
                _asked[asked.Request.ApprovalId] = asked.Request;
                break;
            case ApprovalDecided decided:
                _open.Remove(decided.ApprovalId);
                _decided[decided.ApprovalId] = decided.Decision;
                break;
            case { IsTerminal: true }:
                _open.Clear();
                break;
            case StepCompleted or StepFailed or StepCancelled:
                // What a step asked, it does not need to know any more once it has ended.
                foreach (var (id, asked) in _open.Where(open => open.Value.Path == runEvent.Path || StepPath.IsInside(open.Value.Path, runEvent.Path, runEvent.Visit)).ToArray()) _open.Remove(id);
                break;
        }
    }
}
