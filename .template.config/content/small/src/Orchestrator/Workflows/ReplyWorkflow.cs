namespace Loomflow.Aspire.Orchestrator.Workflows;

/// <summary>An agent answers, and the answer is signed.</summary>
internal static class ReplyWorkflow
{
    public static IWorkflow Create() => Workflow.Chain<string>("reply").Then(Agents.Remote("assistant")).Then(Sign).Build();

    private static Task<string> Sign(string answer) => Task.FromResult($"{answer}\n\nYour assistant");
}
