using System.ComponentModel;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Redis.Queue;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Workflows over REST.</summary>
internal static class WorkflowsApi
{
    public static IEndpointRouteBuilder MapWorkflowsApi(this IEndpointRouteBuilder app)
    {
        var workflows = app.MapGroup("/workflows").WithTags("Workflows").RequireAuthorization(Scopes.RunsRead);
        workflows.MapGet("/", (WorkflowRegistry registry) => registry.Current.Select(WorkflowView.Of).ToArray())
            .WithName("ListWorkflows").WithSummary("The workflows that runs can be started of.").Refuses();
        workflows.MapGet("/{name}/graph", Graph)
            .WithName("GetWorkflowGraph").WithSummary("A picture of a workflow: svg, mermaid or dot.")
            .Produces<string>(StatusCodes.Status200OK, "image/svg+xml", "text/plain")
            .Refuses(400, 404);
        app.MapGet("/queue", (RunQueue queue, RunPlaces places, WorkflowRegistry registry) => QueueView.ReadAsync(queue, places, registry)).WithTags("Runs").RequireAuthorization(Scopes.RunsRead)
            .WithName("GetQueue").WithSummary("How much work there is, and how long the lines are.").Refuses();
        return app;
    }

    private static ContentHttpResult Graph(
        WorkflowRegistry workflows,
        [Description("The workflow's name.")] string name,
        [Description("svg, mermaid or dot.")] string format = WorkflowGraph.Svg)
    {
        var (contentType, content) = WorkflowGraph.Draw(workflows, name, format);
        return TypedResults.Text(content, contentType);
    }
}
