using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.ThinkAct;

public partial class StepAgentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Answers every prompt with <c>«prompt»</c>, so that what a step was given can be read off what it gave.</summary>
    private static ScriptedModel Quoting() => Models.Scripted(call => $"«{call.LastUserText}»");

    private sealed class Report(IChatClient model, StepAgentOptions? options = null) : StepAgent(model, options)
    {
        [Observe("gather", Description = "Gathers input data")]
        public string Gather(string query) => $"gather {query}";

        [Think]
        public Task<string> Analyze(string data, string query) => Task.FromResult($"analyze {data} for {query}");

        [Act]
        public async ValueTask<string> Decide(string analysis, string data, string query)
        {
            await Task.Yield();
            return $"decide {analysis} / {data} / {query}";
        }

        [Synthesize]
        private string Summarize(string decision, [FromStep("gather")] string data, StepContext context, int words = 20, CancellationToken cancellationToken = default)
        {
            cancellationToken.CanBeCanceled.ShouldBeTrue();
            return $"sum {decision} + {data} + {context.Input} in {words}, {context.Results.Count} results";
        }
    }

    [Fact]
    public async Task Steps_RunInOrder_AndAreGivenTheLatestResultFirst_ThenTheInput()
    {
        var model = Quoting();
        var result = await new Report(model).RunAsync("x", cancellationToken: Token);

        model.Calls.Select(call => call.LastUserText).ShouldBe(
        [
            "gather x",
            "analyze «gather x» for x",
            "decide «analyze «gather x» for x» / «gather x» / x",
            "sum «decide «analyze «gather x» for x» / «gather x» / x» + «gather x» + x in 20, 3 results",
        ]);
        result.Output.ShouldBe(result.Results["Summarize"]);
        result.Results.Keys.ShouldBe(["gather", "Analyze", "Decide", "Summarize"], ignoreOrder: true);
        result.Turns.ShouldBe(4);
        result.StopReason.ShouldBe(StopReason.Completed);
    }

    [Fact]
    public async Task Kinds_GiveTheSampling_ThatAgentAttributeAndCallOverride()
    {
        var model = Quoting();
        await new Report(model).RunAsync("x", cancellationToken: Token);
        model.Calls.Select(call => (call.Options!.Temperature, call.Options.TopP)).ShouldBe([(0.1f, 0.5f), (0.7f, 0.9f), (0.2f, 0.8f), (0.4f, 0.7f)]);

        model = Quoting();
        var agent = new Sampled(model, new StepAgentOptions { Agent = new AgentOptions { Sampling = new ChatOptions { TopP = 0.33f, MaxOutputTokens = 7 } } });
        await agent.RunAsync("x", cancellationToken: Token);
        await agent.RunAsync("x", new StepAgentRunOptions { Sampling = new ChatOptions { Temperature = 2, ModelId = "called" } }, Token);
        model.Calls.Select(call => (call.Options!.ModelId, call.Options.Temperature, call.Options.TopP, call.Options.MaxOutputTokens)).ShouldBe(
            [("named", 1.5f, 0.33f, 9), ("called", 2f, 0.33f, 9)]);
    }

    private sealed class Sampled(IChatClient model, StepAgentOptions options) : StepAgent(model, options)
    {
        [Think(Model = "named", Temperature = 1.5, MaxOutputTokens = 9)]
        public string Ask(string x) => x;
    }

    [Fact]
    public async Task NamedModels_AnswerTheStepsThatNameThem()
    {
        var (own, named) = (Quoting(), Models.Scripted(_ => "from the named one"));
        var agent = new Sampled(own, new StepAgentOptions { Models = new Dictionary<string, IChatClient> { ["named"] = named } });

        (await agent.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("from the named one");
        named.Calls.Single().Options!.ModelId.ShouldBeNull();
        own.Calls.ShouldBeEmpty();
    }

    private sealed record Analysis(double Score, string Findings);

    private sealed class Typed(IChatClient model) : StepAgent(model)
    {
        [Observe(SendToModel = false)]
        public int Count(string text) => text.Length;

        [Think<Analysis>("analyze")]
        public string Analyze(int length, string text) => $"analyze {text} of {length}";

        [Act(JsonOutput = true)]
        public string Sketch(Analysis analysis) => $"sketch {analysis.Score} {analysis.Findings}";

        [Synthesize(FullResponse = true)]
        public string Sum(JsonElement sketch, [FromStep("analyze")] string asText) => $"{sketch.GetProperty("a").GetInt32()} {asText}";
    }

    [Fact]
    public async Task Answers_BecomeValues_ThatLaterStepsTake()
    {
        var model = Models.Scripted("""{"score": 0.8, "findings": "fine"}""", "```json\n{\"a\": 3}\n```", "done");
        var result = await new Typed(model).RunAsync("four", cancellationToken: Token);

        model.Calls[0].LastUserText.ShouldBe("analyze four of 4");
        model.Calls[1].LastUserText.ShouldBe("sketch 0.8 fine");
        model.Calls[2].LastUserText.ShouldBe("""3 {"score":0.8,"findings":"fine"}""");
        result.Results["analyze"].ShouldBe(new Analysis(0.8, "fine"));
        result.As<ChatResponse>()!.Text.ShouldBe("done");
        result.Output.ShouldBe("done");
    }

    [Fact]
    public async Task AnswerThatDoesNotFit_IsSentBackWithWhatWasWrong()
    {
        var model = Models.Scripted("no idea", """{"score": 1, "findings": "x"}""", """{"a": 1}""", "done");
        await new Typed(model).RunAsync("a", cancellationToken: Token);

        model.Calls[1].Messages.Select(message => message.Role).ShouldBe([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.User]);
        model.Calls[1].LastUserText.ShouldContain("is not JSON");

        var stubborn = Models.Scripted(_ => """{"score": "high"}""");
        var thrown = await Should.ThrowAsync<OutputInvalidException>(() => new Typed(stubborn).RunAsync("a", cancellationToken: Token));
        thrown.Message.ShouldContain("Typed.analyze");
        stubborn.Calls.Count.ShouldBe(2);
    }

    private class Basis(IChatClient model, StepAgentOptions? options = null) : StepAgent(model, options)
    {
        [Think("first")]
        public virtual string First(string input) => $"first {input}";

        [Act]
        public string Second(string first) => $"second {first}";
    }

    private sealed class Extended(IChatClient model) : Basis(model)
    {
        [Synthesize]
        public string Third(string second, string first) => $"third {second} {first}";

        public override string First(string input) => $"better {base.First(input)}";
    }

    [Fact]
    public async Task InheritedSteps_ComeFirst_AndAnOverrideTakesTheirPlace()
    {
        var agent = new Extended(Quoting());
        agent.Steps.ShouldBe(["first", "Second", "Third"]);
        (await agent.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("«third «second «better first x»» «better first x»»");
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PlanAttribute(string? name = null) : AgentStepAttribute(new AgentStepKind("plan") { Temperature = 0.55f }, name);

    private sealed class Planner(IChatClient model) : StepAgent(model)
    {
        [Plan("outline")]
        public string Outline(string goal) => $"plan {goal}";
    }

    [Fact]
    public async Task OwnKindOfStep_IsAnAttributeOfItsOwn()
    {
        var model = Quoting();
        (await new Planner(model).RunAsync("x", cancellationToken: Token)).Results.Keys.ShouldBe(["outline"]);
        (model.Calls[0].Options!.Temperature, model.Calls[0].Options!.TopP).ShouldBe((0.55f, null));
    }

    private sealed class Driven(IChatClient model) : StepAgent(model)
    {
        [Think]
        public string Draft(string topic, int round) => $"draft {topic} {round}";

        [Act]
        public string Judge(string draft) => $"judge {draft}";

        [Think<Analysis>]
        public string Rate(string draft) => $"rate {draft}";

        [Act(Enabled = false)]
        public string Off(string draft) => throw new InvalidOperationException("never");

        [Run(Description = "Drafts until it is good")]
        public async Task<string> UntilGood(string topic, CancellationToken cancellationToken)
        {
            cancellationToken.CanBeCanceled.ShouldBeTrue();
            var draft = "";
            for (var round = 1; round <= 2; round++) draft = await StepAsync(Draft, topic, round);
            (await StepAsync(Off)).ShouldBe(draft);
            var pieces = 0;
            await foreach (var piece in StreamStepAsync(Judge, draft)) pieces += piece.Length > 0 ? 1 : 0;
            var rating = await StepAsync<Analysis>(Rate);
            return $"{draft} {pieces} {rating!.Findings}";
        }
    }

    [Fact]
    public async Task RunMethod_DrivesTheSteps()
    {
        var model = Models.Scripted(call => call.LastUserText.StartsWith("rate", StringComparison.Ordinal)
            ? $$"""{"score": 1, "findings": "{{call.LastUserText}}"}"""
            : $"«{call.LastUserText}»");
        var agent = new Driven(model);

        (await agent.RunAsync("tea", cancellationToken: Token)).Output.ShouldBe("«draft tea 2» 4 rate «judge «draft tea 2»»");
        agent.AsTool().Description.ShouldBe("Drafts until it is good");
        model.Calls.Count(call => call.Streaming).ShouldBe(1);
    }

    private sealed class Reckless(IChatClient model) : StepAgent(model)
    {
        [Think]
        public string Ask(string x) => x;

        public Task<string> Now() => StepAsync(Ask, "x");
    }

    [Fact]
    public async Task StepCalledOutsideARun_SaysSo() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => new Reckless(Quoting()).Now())).Message.ShouldContain("called outside a run");
}
