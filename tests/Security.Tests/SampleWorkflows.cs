namespace Loomflow.Aspire.Security.Tests;

/// <summary>Workflows that show, each in its own way, what comes in.</summary>
internal static class SampleWorkflows
{
    public static IEnumerable<IWorkflow> All()
    {
        yield return Workflow.Chain<string>("echo").Then(text => text, "repeat").Build();
        yield return Workflow.Chain<string>("ask").Then(Waits.Approval<string>("approve")).Then(answer => answer.Approved ? answer.Value! : "refused", "conclude").Build();
        yield return Workflow.Chain<string>("ask_manager").Then(Waits.Approval<string>("approve", new ApprovalOptions { Responders = ["manager"] })).Then(answer => answer.Approved ? answer.Value! : "refused", "conclude").Build();
        yield return Workflow.Chain<string>("wait").Then(Waits.Signal<string, string>("go")).Build();
        yield return Workflow.Chain<string>("fail").Then<string>(text => throw new InvalidOperationException($"cannot do {text}"), "break").Build();
        yield return Workflow.Chain<int>("long").Then(length => new string('x', length), "write").Build();
        yield return new WorkflowBuilder("loop")
            .AddNode("count", (int left) => left - 1)
            .SetStart("count")
            .AddRouter("count", (int left) => left > 0 ? "again" : "enough", new Dictionary<string, string> { ["again"] = "count", ["enough"] = Workflow.END })
            .Build();
    }
}
