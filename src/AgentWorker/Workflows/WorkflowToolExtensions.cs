using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Workflows;

internal static class WorkflowToolExtensions
{
    /// <summary>A workflow of the orchestrator as a tool. Nobody is asked before it is called: where a person has to agree, the workflow has an approval.</summary>
    /// <param name="services">The worker's services.</param>
    /// <param name="workflow">The workflow's name, which is the tool's too. It takes text.</param>
    /// <param name="description">What it does and when to call it.</param>
    public static Tool WorkflowTool(this IServiceProvider services, string workflow, string description) =>
        Tool.Of(new WorkflowTool(services.GetRequiredService<Runs.RunsClient>(), workflow, description), new ToolOptions());
}
