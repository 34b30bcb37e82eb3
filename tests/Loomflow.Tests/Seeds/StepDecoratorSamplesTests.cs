using Loomflow.Tests.InlineSteps;

namespace Loomflow.Tests.Seeds;

/// <summary>The samples of the step decorator document in C#, run.</summary>
public class StepDecoratorSamplesTests
{
    private readonly Agent _classifier = new("Classify the request.", Models.Scripted(call => call.LastUserText.Contains("invoice", StringComparison.Ordinal) ? "billing" : "tech"), new AgentOptions { Name = "classifier" });
    private readonly Agent _billing = new("Handle billing.", Models.Scripted(_ => "Your invoice is on its way."), new AgentOptions { Name = "billing" });
    private readonly Agent _tech = new("Handle tech.", Models.Scripted(_ => "Turn it off and on."), new AgentOptions { Name = "tech" });

    [Step]
    private async Task<string> Classify(string text) => (await _classifier.RunAsync(text)).Output;

    [Step]
    private async Task<string> Respond(string text, string label)
    {
        var handler = label == "billing" ? _billing : _tech;
        return (await handler.RunAsync(text)).Output;
    }

    // Plain control flow, with observability.
    private async Task<string> MyWorkflow(string text)
    {
        var label = await Classify(text);
        return await Respond(text, label);
    }

    [Step(Name = "ml-classifier-v2")]
    private static async Task<string> ClassifyV2(string text)
    {
        await Task.Yield();
        return text;
    }

    [Fact]
    public async Task CalledDirectly_NoStepSpansAreThere()
    {
        var spans = await Spans(async () => (await MyWorkflow("hello")).ShouldBe("Turn it off and on."));
        spans.ShouldNotContain(span => span.StartsWith("loom.workflow.step", StringComparison.Ordinal));
    }

    [Fact]
    public async Task InsideAWorkflow_EveryStepHasItsSpan_UnderTheWorkflows()
    {
        var workflow = Workflow.Chain<string>("support").Then(MyWorkflow).Build();
        var spans = await Spans(async () => (await workflow.RunAsync("an invoice", cancellationToken: TestContext.Current.CancellationToken)).Output.ShouldBe("Your invoice is on its way."));

        spans.Where(span => span.StartsWith("loom.workflow", StringComparison.Ordinal)).ShouldBe(
        [
            "loom.workflow.step Classify < loom.workflow.step MyWorkflow",
            "loom.workflow.step Respond < loom.workflow.step MyWorkflow",
            "loom.workflow.step MyWorkflow < loom.workflow.run",
            "loom.workflow.run < root",
        ]);
    }

    [Fact]
    public async Task InsideAnAgentsTool_StepsNestUnderTheAgent()
    {
        var boss = new Agent("Delegate.", Models.Scripted(ScriptedTurn.Call("support", new { text = "an invoice" }), "done"), new AgentOptions
        {
            Name = "boss",
            Tools = [Tool.Of((string text) => MyWorkflow(text), "support", "Answers requests.")],
        });
        var spans = await Spans(() => boss.RunAsync("go", cancellationToken: TestContext.Current.CancellationToken));

        spans.ShouldContain("loom.workflow.step Classify < loom.tool");
        spans.ShouldContain("loom.workflow.step Respond < loom.tool");
    }

    [Fact]
    public async Task CustomName_IsTheSpansStep()
    {
        var workflow = Workflow.Chain<string>("flow").Then(ClassifyV2).Build();
        workflow.NodeNames.ShouldBe(["ml-classifier-v2"]);
        (await Spans(() => workflow.RunAsync("x", cancellationToken: TestContext.Current.CancellationToken))).ShouldContain("loom.workflow.step ml-classifier-v2 < loom.workflow.run");
    }

    [Fact]
    public async Task Original_SkipsTheSpan()
    {
        var workflow = Workflow.Chain<string>("flow").Then(text => InlineStep.Original(() => ClassifyV2(text)), "node").Build();
        (await Spans(() => workflow.RunAsync("hello", cancellationToken: TestContext.Current.CancellationToken)))
            .ShouldBe(["loom.workflow.step node < loom.workflow.run", "loom.workflow.run < root"]);
    }

    /// <summary>The spans that end while the code runs: name, step and parent.</summary>
    private static async Task<IReadOnlyList<string>> Spans(Func<Task> code)
    {
        using var spans = new RecordedSpans();
        await code();
        return spans.Tree;
    }
}
