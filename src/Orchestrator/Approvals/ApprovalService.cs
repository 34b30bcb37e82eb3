using System.Text.Json;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis.Runs;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Approvals;

/// <summary>
/// Answering what runs ask people, whichever way the answer comes: REST or gRPC. A question names who may answer it, or it is the run's own
/// user. Somebody whom a question names sees that question, and nothing else of the run.
/// </summary>
internal sealed class ApprovalService(RunService runs, RedisRunStore store, InputLimits limits, Denials denials, SecretScrubber scrubber)
{
    /// <summary>A run's open questions that a caller may see.</summary>
    /// <exception cref="RunRefusedException">There is no such run for them.</exception>
    public async Task<IReadOnlyList<ApprovalRequest>> OpenAsync(Caller caller, string runId)
    {
        var (run, questions) = await ReadAsync(caller, runId);
        if (caller.CanReach(run.Header.Run.Partition)) return questions.Open;
        ApprovalRequest[] own = [.. questions.Open.Where(request => MayAnswer(caller, request, run))];
        return own.Length > 0 ? own : throw runs.NotTheirs(caller, runId);
    }

    /// <summary>Answers a question. The first answer counts; giving it again changes nothing.</summary>
    /// <exception cref="RunRefusedException">The question is not open, or not this person's to answer, or the data does not fit.</exception>
    public async Task AnswerAsync(Caller caller, string runId, string approvalId, ApprovalDecision decision)
    {
        var (run, questions) = await ReadAsync(caller, runId);
        var request = questions.Asked(approvalId);

        // A service answers for somebody, whom it names.
        var responder = caller.IsService ? caller with { IsService = false, UserId = decision.Responder } : caller;
        var mayAnswer = request is not null && MayAnswer(responder, request, run);
        if (!mayAnswer && !caller.CanReach(run.Header.Run.Partition)) throw runs.NotTheirs(caller, runId);
        if (request is null) throw NotOpen($"Run {runId} has never asked a question '{approvalId}'.");
        if (!mayAnswer)
        {
            denials.Record(caller, "the question is for others", runId);
            throw new RunRefusedException(RunRefusal.NotAResponder, $"Question '{approvalId}' is not {(responder.UserId is { } user ? $"for '{user}'" : "yours")} to answer.");
        }

        decision = decision with { Responder = responder.UserId, Data = runs.Scrubbed(decision.Data), Comment = decision.Comment is { } comment ? scrubber.Scrub(comment) : null };
        if (questions.Decided(approvalId) is { } earlier)
        {
            RequireSame(runId, approvalId, decision, earlier);
            return;
        }

        if (!questions.IsOpen(approvalId)) throw NotOpen($"Question '{approvalId}' of run {runId} is no longer open: the step that asked it has ended.");
        CheckData(approvalId, request, decision);
        var (status, counts) = await store.AnswerAsync(runId, new ApprovalDecided { ApprovalId = approvalId, Decision = decision });
        RequireSame(runId, approvalId, decision, counts);
        await runs.WakeAsync(runId, status);
    }

    private async Task<(RunRecord Run, Questions Questions)> ReadAsync(Caller caller, string runId)
    {
        var run = (runId.Length > 0 ? await store.GetAsync(runId) : null) ?? throw RunRefusedException.NoSuchRun(runId);
        if (run.IsTrimmed && !caller.CanReach(run.Header.Run.Partition)) throw runs.NotTheirs(caller, runId);
        return (run, Questions.In(await runs.JournalAsync(run)));
    }

    private static bool MayAnswer(Caller caller, ApprovalRequest request, RunRecord run)
    {
        var owner = run.Header.Run.Partition;
        return request.Responders.Count > 0 ? request.Responders.Any(responder => caller.IsNamedBy(responder, owner))
            : owner.UserId is not null && owner.UserId == caller.UserId;
    }

    private void CheckData(string approvalId, ApprovalRequest request, ApprovalDecision decision)
    {
        limits.Check(decision.Data, "answer's data");
        if (request.Schema is null || decision.Data.IsNull) return;
        using var schema = JsonDocument.Parse(request.Schema);
        using var data = JsonDocument.Parse(decision.Data.ToJson());
        var problems = JsonSchemaCheck.Problems(data.RootElement, schema.RootElement);
        if (problems.Count > 0) throw new RunRefusedException(RunRefusal.UnfitAnswer, $"The data does not fit what question '{approvalId}' asks for: {string.Join("; ", problems)}.");
    }

    private static void RequireSame(string runId, string approvalId, ApprovalDecision decision, ApprovalDecision counts)
    {
        if (decision == counts) return;
        var by = counts.TimedOut ? "its deadline" : counts.Responder is { } responder ? $"'{responder}'" : "somebody";
        throw NotOpen($"Question '{approvalId}' of run {runId} was already answered by {by}: {counts.Outcome.ToString().ToLowerInvariant()}.");
    }

    private static RunRefusedException NotOpen(string why) => new(RunRefusal.NotOpen, why);
}
