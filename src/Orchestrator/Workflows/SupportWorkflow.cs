namespace Loomflow.Aspire.Orchestrator.Workflows;

/// <summary>Support triage: a classifier labels a request, and the agent for that label answers it.</summary>
internal static class SupportWorkflow
{
    public static IWorkflow Create() => Workflow.Route(
        "support",
        classifier: Agents.Remote("classifier"),
        routes: new Dictionary<string, Step<string, string>>
        {
            ["billing"] = Agents.Remote("billing"),
            ["tech"] = Agents.Remote("tech"),
        },
        fallback: Agents.Remote("tech"));
}
