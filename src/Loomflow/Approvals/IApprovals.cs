namespace Loomflow;

/// <summary>Gets a person's answer to a request. Durable where the run is: a request and its answer survive restarts.</summary>
public interface IApprovals
{
    /// <summary>
    /// Asks and waits. Asking again with the same <see cref="ApprovalRequest.ApprovalId"/> waits for the same answer, or gives it at once.
    /// At the deadline the default decision is the answer.
    /// </summary>
    ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken = default);

    /// <summary>Waits for the answer to a request that is in the journal already, for whoever has written it down there.</summary>
    ValueTask<ApprovalDecision> AnswerAsync(ApprovalRequest request, CancellationToken cancellationToken = default) => RequestAsync(request, cancellationToken);
}
