namespace Loomflow;

/// <summary>Ways to answer approval requests inside one process.</summary>
public static class Approvals
{
    /// <summary>Answers with a function, for example a prompt on the console. What it throws denies the request.</summary>
    public static IApprovals From(Func<ApprovalRequest, CancellationToken, ValueTask<ApprovalDecision>> decide)
    {
        ArgumentNullException.ThrowIfNull(decide);
        return new FunctionApprovals(decide);
    }

    private sealed class FunctionApprovals(Func<ApprovalRequest, CancellationToken, ValueTask<ApprovalDecision>> decide) : IApprovals
    {
        public ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken = default) => decide(request, cancellationToken);
    }
}
