using Loomflow.Audit;

namespace Loomflow.Tests.InlineSteps;

public class StepAttributeInWorkflowTests
{
    [Step]
    private static async Task<string> Classify(string text)
    {
        await Task.Yield();
        return text.Length > 5 ? "billing" : "tech";
    }

    [Step(Name = "respond-v2")]
    private static async Task<string> Respond(string label)
    {
        await Task.Yield();
        return $"{label} will answer";
    }

    // Control flow as plain C#, with two steps in it.
    private static async Task<string> Handle(string text) => await Respond(await Classify(text));

    [Fact]
    public async Task StepMethodAsANode_IsOneStep_UnderItsName()
    {
        var (entries, spans) = await Run(Workflow.Chain<string>("support").Then(Classify).Then(Respond).Build());

        entries.ShouldBe(["workflow_started", "step_started Classify", "step_completed Classify", "step_started respond-v2", "step_completed respond-v2", "workflow_completed"]);
        spans.ShouldBe(["Classify", "respond-v2"]);
    }

    [Fact]
    public async Task StepsCalledByANode_AreNestedInIt()
    {
        var (entries, spans) = await Run(Workflow.Chain<string>("support").Then(Handle).Build());

        entries.ShouldBe(
        [
            "workflow_started", "step_started Handle",
            "step_started Handle/Classify", "step_completed Handle/Classify",
            "step_started Handle/respond-v2", "step_completed Handle/respond-v2",
            "step_completed Handle", "workflow_completed",
        ]);
        spans.ShouldBe(["Classify", "respond-v2", "Handle"]);
    }

    private static async Task<(IReadOnlyList<string> Entries, IReadOnlyList<string?> Spans)> Run(Workflow<string, string> workflow)
    {
        using var audit = new InMemoryAuditLog();
        using var spans = new RecordedSpans();

        var result = await workflow.RunAsync("an invoice", new RunOptions { AuditLog = audit }, TestContext.Current.CancellationToken);

        result.Output.ShouldBe("billing will answer");
        return ([.. audit.Query(new AuditQuery()).Select(record => $"{record.Entry.Action} {record.Entry.Node}".TrimEnd())], spans.Steps);
    }
}
