namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// What a remote step asks people. A question outlives connections and workers: it is asked once, and its answer goes to whichever
/// worker has the step when it comes.
/// </summary>
internal sealed class StepQuestions(StepScope scope, StepHistory history)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private Action<string, ApprovalDecision>? _answered;
    private CancellationTokenSource? _asking;

    /// <summary>Who is told of answers from now on. Those that have come already are in the history.</summary>
    public void Tell(Action<string, ApprovalDecision>? answered) => Volatile.Write(ref _answered, answered);

    /// <summary>Asks again what an earlier owner of the run has asked and got no answer to.</summary>
    public void AskOpen(CancellationToken cancellationToken)
    {
        foreach (var asked in history.Open()) Ask(asked, cancellationToken);
    }

    public void Ask(ApprovalRequested asked, CancellationToken cancellationToken)
    {
        if (!_asked.Add(asked.Request.ApprovalId)) return;
        _asking ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = AskAsync(asked, _asking.Token);
    }

    /// <summary>The step needs no answers any more.</summary>
    public async ValueTask EndAsync()
    {
        if (_asking is null) return;
        await _asking.CancelAsync();
        _asking.Dispose();
    }

    private async Task AskAsync(ApprovalRequested asked, CancellationToken cancellationToken)
    {
        try
        {
            var decision = await GetAnswerAsync(asked, cancellationToken);
            history.Add(new ApprovalDecided { Path = asked.Path, Visit = asked.Visit, Attempt = asked.Attempt, ApprovalId = asked.Request.ApprovalId, Decision = decision });
            Volatile.Read(ref _answered)?.Invoke(asked.Request.ApprovalId, decision);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The step has ended, or this orchestrator has let go of the run.
        }
    }

    private async ValueTask<ApprovalDecision> GetAnswerAsync(ApprovalRequested asked, CancellationToken cancellationToken)
    {
        using var place = new StepScope(scope.Context, asked.Path, asked.Visit, asked.Attempt).Enter();
        return scope.Context.Approvals is { } approvals
            ? await approvals.AnswerAsync(asked.Request, cancellationToken)
            : new ApprovalDecision { Outcome = asked.Request.Default, Comment = "Nobody answers for this run." };
    }
}
