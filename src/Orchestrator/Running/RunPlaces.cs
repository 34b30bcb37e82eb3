using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>Keeps workflows within the limits that options set for them.</summary>
internal sealed class RunPlaces(WorkflowPlaces places, RedisRunStore store, RunningOptions options)
{
    /// <summary>Whether any workflow has a limit.</summary>
    public bool HasLimits => options.WorkflowLimits.Count > 0;

    /// <summary>How many runs of a workflow are worked on at the same time; <see langword="null"/> for any number.</summary>
    public int? LimitOf(string workflow) => options.WorkflowLimits.TryGetValue(workflow, out var limit) ? limit : null;

    /// <summary>Takes the place that a run needs to be worked on.</summary>
    /// <returns>Whether it has one now. It stands in line otherwise, and comes into the queue again in its turn.</returns>
    public async Task<bool> EnterAsync(string runId)
    {
        if (!HasLimits) return true;
        if (await store.GetAsync(runId) is not { IsTerminal: false } run || LimitOf(run.Header.Workflow) is not { } limit) return true;

        // What is to be stopped needs no place for that.
        if ((await store.ReadInboxAsync(runId, "0-0")).Any(mail => mail.Message.Cancel is not null)) return true;
        if (await places.AdmitAsync(run.Header.Workflow, runId, run.Header.Run.Partition, limit, goesOn: run.Sequence > 0) is null) return true;
        await store.NoteInLineAsync(runId, $"Workflow '{run.Header.Workflow}' has all of its {limit} runs.");
        return false;
    }

    /// <summary>Gives a run's place back.</summary>
    public Task LeaveAsync(RunHeader run) =>
        LimitOf(run.Workflow) is { } limit ? places.LeaveAsync(run.Workflow, run.Run.RunId, limit) : Task.CompletedTask;

    /// <summary>Lets in whoever the limit allows that the options have now.</summary>
    public Task LetInAsync(string workflow) => places.LetInAsync(workflow, LimitOf(workflow));

    /// <summary>How many runs are before one in line for its workflow; <see langword="null"/> when it is not in line.</summary>
    public Task<long?> BeforeAsync(RunHeader run) =>
        LimitOf(run.Workflow) is null ? Task.FromResult<long?>(null) : places.BeforeAsync(run.Workflow, run.Run.RunId);

    /// <summary>How many runs of a workflow have a place, and how many are in line.</summary>
    public Task<(long Places, long InLine)> CountAsync(string workflow) => places.CountAsync(workflow);
}
