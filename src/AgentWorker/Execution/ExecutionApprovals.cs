namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>
/// The questions of one execution: each goes up as an event, once, and its answer comes down on the stream. The orchestrator writes the
/// answer into the journal before it sends it.
/// </summary>
internal sealed class ExecutionApprovals : IApprovals
{
    private readonly Lock _lock = new();
    private readonly Execution _execution;
    private readonly HashSet<string> _asked;
    private readonly Dictionary<string, TaskCompletionSource<ApprovalDecision>> _answers = new(StringComparer.Ordinal);

    public ExecutionApprovals(Execution execution, IReadOnlyList<RunEvent> history)
    {
        _execution = execution;
        _asked = history.OfType<ApprovalRequested>().Select(requested => requested.Request.ApprovalId).ToHashSet(StringComparer.Ordinal);
        foreach (var decided in history.OfType<ApprovalDecided>()) Decide(decided.ApprovalId, decided.Decision);
    }

    public async ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken = default)
    {
        bool first;
        lock (_lock) first = _asked.Add(request.ApprovalId);
        if (first)
        {
            var scope = StepScope.Current;
            await _execution.StageAsync(new ApprovalRequested
            {
                Path = scope?.Path ?? _execution.Start.Path,
                Visit = scope?.Visit ?? 1,
                Attempt = scope?.Attempt ?? 1,
                Request = request,
            });
        }

        return await AnswerTo(request.ApprovalId).Task.WaitAsync(cancellationToken);
    }

    public void Decide(string approvalId, ApprovalDecision decision) => AnswerTo(approvalId).TrySetResult(decision);

    private TaskCompletionSource<ApprovalDecision> AnswerTo(string approvalId)
    {
        lock (_lock)
        {
            if (!_answers.TryGetValue(approvalId, out var answer))
            {
                _answers[approvalId] = answer = new TaskCompletionSource<ApprovalDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return answer;
        }
    }
}
