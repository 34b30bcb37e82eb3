using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Seeds;

/// <summary>The samples of the step decorators document in C#, run.</summary>
public class ClientAiSamplesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ScriptedModel Quoting() => Models.Scripted(call => $"«{call.LastUserText}»");

    // act: standard usage and with validation.
    private sealed record ActionResult(string ActionTaken, bool Success, string Details);

    private sealed class Actor(IChatClient model) : StepAgent(model)
    {
        [Act("process", Description = "Processes analyzed data")]
        public string ProcessData(string analysis) => $"Processing results: {analysis}";

        [Act<ActionResult>("process_checked")]
        public string ProcessChecked(string analysis) => $"Processing results: {analysis}";
    }

    [Fact]
    public async Task Act_StandardAndValidated()
    {
        var model = Models.Scripted("ok", """{"actionTaken": "normalize", "success": true, "details": "Processed and normalized data"}""");
        var result = await new Actor(model).RunAsync("raw", cancellationToken: Token);

        model.Calls[0].LastUserText.ShouldBe("Processing results: raw");
        result.As<ActionResult>().ShouldBe(new ActionResult("normalize", true, "Processed and normalized data"));
    }

    // observe: standard usage and with validation.
    private sealed record Observation(IReadOnlyList<double> DataPoints, string Timestamp, string Source);

    private sealed class Observer(IChatClient model) : StepAgent(model)
    {
        [Observe("gather", Description = "Gathers input data")]
        public string GatherData(string query) => $"Gathering data for: {query}";

        [Observe("measure", JsonOutput = true, ReturnType = typeof(Observation))]
        public string Measure(string gathered) => $"Measuring: {gathered}";
    }

    [Fact]
    public async Task Observe_StandardAndValidated()
    {
        var model = Models.Scripted("data", """{"dataPoints": [1.2, 3.4, 5.6], "timestamp": "2026-01-01", "source": "sensor"}""");
        (await new Observer(model).RunAsync("rain", cancellationToken: Token)).As<Observation>()!.DataPoints.ShouldBe([1.2, 3.4, 5.6]);
        model.Calls[0].LastUserText.ShouldBe("Gathering data for: rain");
    }

    // synthesize: standard usage and with validation.
    private sealed record Summary(IReadOnlyList<string> KeyFindings, IReadOnlyDictionary<string, double> Metrics, string Conclusion);

    private sealed class Synthesizer(IChatClient model) : StepAgent(model)
    {
        [Synthesize("summarize", Description = "Summarizes results")]
        public string SummarizeData(string data) => $"Summary of: {data}";

        [Synthesize<Summary>("conclude")]
        public string Conclude(string summary) => $"Summary of: {summary}";
    }

    [Fact]
    public async Task Synthesize_StandardAndValidated()
    {
        var model = Models.Scripted("short", """{"keyFindings": ["Finding 1", "Finding 2"], "metrics": {"accuracy": 0.95, "confidence": 0.87}, "conclusion": "Data shows positive trends"}""");
        var summary = (await new Synthesizer(model).RunAsync("numbers", cancellationToken: Token)).As<Summary>()!;
        summary.Metrics["accuracy"].ShouldBe(0.95);
        summary.Conclusion.ShouldBe("Data shows positive trends");
    }

    // think: standard usage, with validation, and bare.
    private sealed record Analysis(double Score, string Findings);

    private sealed class Thinker(IChatClient model) : StepAgent(model)
    {
        [Think("analyze", Description = "Analyzes input data")]
        public string AnalyzeData(string data) => $"Analysis task: {data}";

        [Think<Analysis>]
        public string Score(string analysis) => $"Please analyze: {analysis}";

        [Think]
        public string SimpleAnalysis(Analysis analysis) => $"Analyze: {analysis.Findings}";
    }

    [Fact]
    public async Task Think_StandardValidatedAndBare()
    {
        var model = Models.Scripted("thought", """{"score": 0.8, "findings": "Found X"}""", "end");
        var result = await new Thinker(model).RunAsync("x", cancellationToken: Token);

        model.Calls.Select(call => call.LastUserText).ShouldBe(["Analysis task: x", "Please analyze: thought", "Analyze: Found X"]);
        result.Results.Keys.ShouldBe(["analyze", "Score", "SimpleAnalysis"], ignoreOrder: true);
    }

    // create_step_decorator: a kind of step of one's own.
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class AnalyzeStepAttribute(string? name = null) : AgentStepAttribute(AgentStepKind.Think, name);

    private sealed class CustomAgent(IChatClient model) : StepAgent(model)
    {
        [AnalyzeStep("analyze", Description = "Analyzes input data")]
        public string Analyze(string data) => $"Please analyze: {data}";
    }

    [Fact]
    public async Task CreateStepDecorator_IsAnAttributeThatDerives()
    {
        var model = Quoting();
        await new CustomAgent(model).RunAsync("x", cancellationToken: Token);
        model.Calls[0].Options!.Temperature.ShouldBe(0.7f);
    }

    // Tool selection: usual, off, and configured as a whole.
    private sealed class MyAgent(IChatClient model, StepAgentOptions options) : StepAgent(model, options)
    {
        private static ToolSelection Selection { get; } = new()
        {
            ConfidenceThreshold = 0.8,
            MaxToolsPerStep = 2,
            PromptTemplate = "Custom tool selection prompt: {task}\n{tools}",
        };

        [Think("analyze", Description = "Analyzes input data")]
        public string AnalyzeData(string inputData) => $"Please analyze this data: {inputData}";

        [Act(Description = "Processes analysis results", UseTools = false)]
        public string ProcessResults(string analysis) => $"Process these results: {analysis}";

        [Think("complex", Description = "Complex analysis step", ToolSelection = nameof(Selection))]
        public string ComplexAnalysis(string data) => $"Perform complex analysis on: {data}";
    }

    [Fact]
    public async Task ToolSelection_UsualOffAndConfigured()
    {
        var calculator = Tool.Of((double x) => x * 2, "double", "Doubles a number.");
        const string Sure = """{"tool_calls": [{"tool_name": "double", "arguments": {"x": "21"}, "confidence": 0.79, "reasoning": "asked"}]}""";
        var model = Models.Scripted(Sure, "analysis", "processed", Sure, "end");
        await new MyAgent(model, new StepAgentOptions { Tools = [calculator] }).RunAsync("21", cancellationToken: Token);

        model.Calls[1].LastUserText.ShouldContain("""double {"x":"21"}: 42""");
        model.Calls[2].LastUserText.ShouldBe("Process these results: analysis");
        model.Calls[3].LastUserText.ShouldStartWith("Custom tool selection prompt: Complex analysis step");
        model.Calls[4].LastUserText.ShouldBe("Perform complex analysis on: processed");
    }

    // run: a custom run method, described and bare; bound to its instance.
    private sealed class Runner(IChatClient model) : StepAgent(model)
    {
        private readonly string _prefix = "Custom execution for";

        [Run(Description = "Custom workflow execution")]
        public string CustomRun(string inputData) => $"{_prefix} {inputData}";
    }

    private sealed class BareRunner(IChatClient model) : StepAgent(model)
    {
        [Run]
        public string AnotherRun(string data) => $"Processing: {data}";
    }

    [Fact]
    public async Task Run_DescribedAndBare()
    {
        (await new Runner(Quoting()).RunAsync("input data", cancellationToken: Token)).Output.ShouldBe("Custom execution for input data");
        (await new BareRunner(Quoting()).RunAsync("x", cancellationToken: Token)).Output.ShouldBe("Processing: x");
    }

    // A step called as a method is a plain method; the agent calls it through the model.
    [Fact]
    public void StepFunction_CalledDirectly_GivesThePrompt() => new CustomAgent(Quoting()).Analyze("x").ShouldBe("Please analyze: x");
}
