using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Seeds;

/// <summary>The code samples of the workflow document, in C#.</summary>
public class WorkflowDocumentTests
{
    private static Agent Named(string name, string model = "echo", AgentOptions? options = null) =>
        new($"You are {name}.", model, (options ?? new AgentOptions()) with { Name = name });

    // 1. Plain C# with [Step]: control flow stays if/await/return.
    [Step]
    private static async Task<string> Classify(string text)
    {
        await Task.Yield();
        return text.Contains("card", StringComparison.Ordinal) ? "billing" : "tech";
    }

    [Step]
    private static async Task<string> Respond(string text, string label)
    {
        await Task.Yield();
        return $"{label}: {text}";
    }

    private static async Task<string> MyWorkflow(string text)
    {
        var label = await Classify(text);
        return await Respond(text, label);
    }

    [Fact]
    public async Task PlainCode_WithSteps_HasTheirEventsInsideARun_AndNoneOutside()
    {
        (await MyWorkflow("my card")).ShouldBe("billing: my card");

        var events = new List<RunEvent>();
        await foreach (var update in Workflow.Chain("plain", Step.Of<string, string>(MyWorkflow)).StreamAsync("my card", cancellationToken: Token)) events.Add(update.Event!);
        events.OfType<StepCompleted>().Select(e => e.Path).ShouldBe(["MyWorkflow/Classify", "MyWorkflow/Respond", "MyWorkflow"]);
    }

    // 2. One call gives a finished workflow.
    [Fact]
    public async Task Sugar_ForCommonShapes()
    {
        static Task<string> FnA(string text) => Task.FromResult($"a {text}");
        static Task<string> FnB(string text) => Task.FromResult($"b {text}");
        static Task<string> FnC(string text) => Task.FromResult($"c {text}");
        static Task<string> Classifier(string text) => Task.FromResult(text[..1]);
        var (a, b, c) = (Step.Of<string, string>(FnA), Step.Of<string, string>(FnB), Step.Of<string, string>(FnC));

        var chain = Workflow.Chain<string, string, string>("chain", FnA, FnB);
        var route = Workflow.Route("route", Step.Of<string, string>(Classifier), new Dictionary<string, Step<string, string>> { ["a"] = a, ["b"] = b });
        var parallel = Workflow.Parallel("parallel", [a, b, c], merge: results => string.Join(" | ", results));

        (await chain.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("b a x");
        (await route.RunAsync("b?", cancellationToken: Token)).Output.ShouldBe("b b?");
        (await parallel.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("a x | b x | c x");
    }

    // 3. The graph is the artefact.
    [Fact]
    public async Task ExplicitGraph_WithAgentsAndARouter()
    {
        var billing = Named("billing");
        var tech = Named("tech");

        var triage = new WorkflowBuilder("triage")
            .AddNode("classify", (string text) => text.Contains("card", StringComparison.Ordinal) ? "Billing" : "Tech")
            .AddNode("billing", billing)
            .AddNode("tech", tech)
            .SetStart("classify")
            .AddRouter<string>("classify", label => label.ToLowerInvariant(), new Dictionary<string, string> { ["billing"] = "billing", ["tech"] = "tech" })
            .AddEdge("billing", Workflow.END)
            .AddEdge("tech", Workflow.END)
            .Build<string, string>();

        var result = await triage.RunAsync("my card", cancellationToken: Token);
        result.Visited.ShouldBe(["classify", "billing"]);
        result.Output.ShouldBe("Echo: Billing");
    }

    // Memory of the workflow reaches every agent that has none of its own.
    [Fact]
    public async Task SharedMemory_EveryAgentWritesToIt_AndAnAgentsOwnWins()
    {
        var memory = new InMemoryMemory();
        var own = new InMemoryMemory();
        var workflow = Workflow.Chain("staged", Named("stage 1"), Named("stage 2"), Named("stage 3", options: new AgentOptions { Memory = own }), new WorkflowOptions { Memory = memory });

        await workflow.RunAsync("hi", new RunOptions { UserId = "alice", SessionId = "conv-1" }, Token);

        var alice = PartitionKey.Named("alice");
        var shared = await memory.ExportAsync(alice, Token);
        shared.Episodes.Count.ShouldBe(2, "both agents wrote to it");
        (await own.ExportAsync(alice, Token)).Episodes.Count.ShouldBe(1);
        (await memory.ExportAsync(PartitionKey.Anonymous, Token)).Episodes.ShouldBeEmpty();
    }

    // The tone flows the same way: call > agent > workflow > none.
    [Fact]
    public async Task ResponseTone_AllAgentsInheritIt_UnlessOneHasItsOwn()
    {
        var model = Models.Scripted(_ => "done");
        var researcher = new Agent("Research.", model, new AgentOptions { Name = "researcher" });
        var writer = new Agent("Write.", model, new AgentOptions { Name = "writer", ResponseTone = "casual" });
        var reviewer = new Agent("Review.", model, new AgentOptions { Name = "reviewer" });
        var tones = new List<string?>();
        var look = Step.Of((string text) => { tones.Add(RunContext.Current!.ResponseTone); return Task.FromResult(text); }, "look");

        await Workflow.Chain("toned", researcher, writer, reviewer, look, new WorkflowOptions { ResponseTone = "executive" }).RunAsync("x", cancellationToken: Token);

        tones.ShouldBe(["executive"]);
        var prompts = model.Calls.Select(call => string.Join("\n", call.Messages.Select(message => message.Text))).ToArray();
        prompts[0].ShouldContain(ResponseTones.Directive("executive")!);
        prompts[1].ShouldContain(ResponseTones.Directive("casual")!);
        prompts[2].ShouldContain(ResponseTones.Directive("executive")!);
        RunContext.Current.ShouldBeNull("tones do not leak across runs");
    }

    // Cycles are built in, with two caps.
    [Fact]
    public async Task RefinementLoop_EndsByItsRouter_OrByACapThatNamesTheNode()
    {
        WorkflowBuilder Loop(int enough) => new WorkflowBuilder("refine")
            .AddNode("a", (string text) => text)
            .AddNode("b", (string text) => $"{text}.")
            .AddNode("c", (string text) => $"{text} accepted")
            .AddNode("d", (string text) => $"{text} again")
            .SetStart("a").AddEdge("a", "b").AddEdge("d", "b")
            .AddRouter<string>("b", text => text.Count(letter => letter == '.') >= enough ? "accept" : "again", new Dictionary<string, string> { ["accept"] = "c", ["again"] = "d", ["drop"] = Workflow.END });

        (await Loop(3).Build().RunAsync("draft", cancellationToken: Token)).Output.ShouldBe("draft. again. again. accepted");
        var capped = await Should.ThrowAsync<WorkflowCapException>(() => Loop(1000).Build().RunAsync("draft", cancellationToken: Token));
        (capped.Node, capped.Cap).ShouldBe(("b", "MaxVisitsPerNode"));
    }
}
