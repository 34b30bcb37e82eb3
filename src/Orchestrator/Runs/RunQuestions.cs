using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>
/// Answering what runs ask people. A question names who may answer it, or it is the run's own user. Somebody whom a question names sees
/// that question, and nothing else of the run.
/// </summary>
internal sealed class RunQuestions(RedisRunStore store, RunService runs)
{
    /// <summary>A run's open questions that a caller may see, or <see langword="null"/> when there is no such run for them.</summary>
    public async Task<ApprovalRequest[]?> OpenAsync(Caller caller, string runId)
    {
        if (await ReadAsync(runId) is not { } read) return null;
        var (owner, open) = read;
        if (caller.CanReach(owner)) return open;
        ApprovalRequest[] own = [.. open.Where(request => MayAnswer(caller, request, owner))];
        return own.Length > 0 ? own : null;
    }

    public async Task<AnswerOutcome> AnswerAsync(Caller caller, string runId, string approvalId, ApprovalDecision decision)
    {
        if (await ReadAsync(runId) is not { } read) return AnswerOutcome.NoSuchRun;
        var (owner, open) = read;
        var request = open.FirstOrDefault(one => one.ApprovalId == approvalId);
        var isOwn = caller.CanReach(owner);

        // A service answers for somebody, whom it names.
        var responder = caller.IsService ? caller with { IsService = false, UserId = decision.Responder } : caller;
        var mayAnswer = request is not null && MayAnswer(responder, request, owner);
        if (!isOwn && !mayAnswer) return AnswerOutcome.NoSuchRun;
        if (request is null) return AnswerOutcome.NotOpen;
        if (!mayAnswer) return AnswerOutcome.NotAResponder;

        await runs.PostAsync(runId, new InboxMessage { Decided = new ApprovalDecided { ApprovalId = approvalId, Decision = decision with { Responder = responder.UserId } } });
        return AnswerOutcome.Accepted;
    }

    private static bool MayAnswer(Caller caller, ApprovalRequest request, PartitionKey owner) => request.Responders.Count > 0
        ? request.Responders.Any(responder => caller.IsNamedBy(responder, owner))
        : owner.UserId is not null && owner.UserId == caller.UserId;

    private async Task<(PartitionKey Owner, ApprovalRequest[] Open)?> ReadAsync(string runId)
    {
        if (runId.Length == 0 || await store.GetAsync(runId) is not { } run) return null;
        return (run.Header.Run.Partition, (await runs.FoldAsync(run))?.OpenApprovals.ToArray() ?? []);
    }
}
