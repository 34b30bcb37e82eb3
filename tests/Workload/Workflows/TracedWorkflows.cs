using Loomflow.Aspire.Orchestrator.Extensions;

namespace Loomflow.Aspire.Workload.Workflows;

/// <summary>Workflows that each show one thing in a trace.</summary>
internal static class TracedWorkflows
{
    public static IServiceCollection AddTracedWorkflows(this IServiceCollection services)
    {
        services.AddWorkflow(Workflow.Parallel("fanout", [Agents.Remote("north"), Agents.Remote("south"), Local("east")], parts => string.Join(' ', parts)));
        services.AddWorkflow(Workflow.Chain("retried", Step.Remote<string, string>("flaky").WithRetry(new RetryPolicy { MaxAttempts = 2, InitialDelay = TimeSpan.FromMilliseconds(10) }), Local("last")));
        services.AddWorkflow(Workflow.Chain<string>("held").Then(Local("before")).Then(Agents.Remote("holder")).Then(Local("after")).Build());
        services.AddWorkflow(Workflow.Chain("printing", Agents.Remote("clumsy"), Local("last")));
        services.AddWorkflow(Workflow.Chain("failing", Step.Remote<string, string>("broken"), Local("last")));
        services.AddWorkflow(Workflow.Chain("spending", Agents.Remote("spender"), Local("last")));
        return services;
    }

    private static Step<string, string> Local(string name) => Step.Of((string text) => Task.FromResult(text), name);
}
