using System.ComponentModel;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Redis.Queue;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>How much work there is, and how long the lines are.</summary>
internal sealed record QueueView(
    [property: Description("Runs that orchestrators work on.")] long Owned,
    [property: Description("Runs that wait for an orchestrator with room.")] long Waiting,
    [property: Description("Runs that come back at a time: delays, deadlines and scheduled starts.")] long Later,
    [property: Description("Workflows with a limit.")] IReadOnlyList<WorkflowLineView> Workflows)
{
    public static async Task<QueueView> ReadAsync(RunQueue queue, RunPlaces places, WorkflowRegistry workflows)
    {
        var depth = await queue.DepthAsync();
        var lines = new List<WorkflowLineView>();
        foreach (var workflow in workflows.Current.Select(workflow => workflow.Name))
        {
            if (places.LimitOf(workflow) is not { } limit) continue;
            var (running, waiting) = await places.CountAsync(workflow);
            lines.Add(new WorkflowLineView(workflow, limit, running, waiting));
        }

        return new QueueView(depth.Owned, depth.Waiting, depth.Later, lines);
    }
}

internal sealed record WorkflowLineView(
    string Workflow,
    [property: Description("How many of its runs are worked on at the same time.")] int Limit,
    long Running,
    long Waiting);
