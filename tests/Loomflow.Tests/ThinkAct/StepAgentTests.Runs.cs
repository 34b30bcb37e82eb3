using Microsoft.Extensions.AI;

namespace Loomflow.Tests.ThinkAct;

/// <content>How steps run: policies, failures, history, streams, budgets.</content>
public partial class StepAgentTests
{
    private sealed class Tolerant(IChatClient model, TimeProvider? time = null) : StepAgent(model)
    {
        public int Tries { get; private set; }

        [Think]
        public string A(string input) => $"a {input}";

        [Think(Enabled = false)]
        public string Off(string input) => throw new InvalidOperationException("never");

        [Act(Required = false)]
        public string Breaks(string a) => throw new InvalidOperationException("broken");

        [Observe(PassResult = false)]
        public string Aside(string a) => $"aside {a}";

        [Act(SendToModel = false, Retries = 2)]
        public string Flaky(string a) => ++Tries < 3 ? throw new InvalidOperationException("again") : $"flaky {a}";

        [Synthesize]
        public string End(string flaky, string? a, string? input, [FromStep("Breaks")] string? broken, [FromStep("Aside")] string aside) => $"{flaky}|{a}|{input}|{broken ?? "nothing"}|{aside}{(time is null ? "" : "!")}";
    }

    [Fact]
    public async Task Policies_AreHonoured()
    {
        var time = new Testing.ManualTimeProvider();
        var agent = new Tolerant(Quoting());
        var run = agent.RunAsync("x", new RunOptions { Time = time }, Token);
        await LetTimePass(time, run);

        (await run).Output.ShouldBe("«flaky «a x»|«a x»|x|nothing|«aside «a x»»»");
        agent.Tries.ShouldBe(3);
    }

    private static Task LetTimePass(Testing.ManualTimeProvider time, Task until) => time.PassUntilAsync(until, Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

    private sealed class Slow(IChatClient model) : StepAgent(model)
    {
        [Act(SendToModel = false, TimeoutSeconds = 5)]
        public async Task<string> Wait(string x, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return x;
        }
    }

    [Fact]
    public async Task Timeout_EndsTheStep_AndNamesIt()
    {
        var time = new Testing.ManualTimeProvider();
        var run = new Slow(Quoting()).RunAsync("x", new RunOptions { Time = time }, Token);
        await LetTimePass(time, run);

        (await Should.ThrowAsync<TimeoutException>(() => run)).Message.ShouldStartWith("Step 'Wait' took longer than 5 s");
    }

    [Fact]
    public async Task Failure_OfARequiredStep_ReachesTheCallerAsItIs() =>
        (await Should.ThrowAsync<ModelException>(() => new Basis(Models.Scripted(ScriptedTurn.Fail(new ModelException(ModelErrorKind.InvalidRequest, "no")))).RunAsync("x", cancellationToken: Token))).Message.ShouldContain("no");

    private sealed class Remembering(IChatClient model, StepAgentOptions? options = null) : StepAgent(model, options)
    {
        [Think]
        public string Ask(string x, StepContext context)
        {
            context.Memory["runs"] = (int)(context.Memory.GetValueOrDefault("runs") ?? 0) + 1;
            return $"{context.Memory["runs"]}:{string.Join(",", context.History.Select(one => one.Input))}";
        }
    }

    [Fact]
    public async Task History_IsKeptForTheSession_AndTheUser_UpToItsLimit()
    {
        var agent = new Remembering(Quoting(), new StepAgentOptions { MaxHistory = 2 });
        foreach (var input in new[] { "a", "b", "c" }) await agent.RunAsync(input, cancellationToken: Token);

        (await agent.RunAsync("d", cancellationToken: Token)).Output.ShouldBe("«4:b,c»");
        (await agent.RunAsync("e", new RunOptions { UserId = "ada" }, Token)).Output.ShouldBe("«1:»");
        (await agent.RunAsync("f", new RunOptions { UserId = "ada", SessionId = "s" }, Token)).Output.ShouldBe("«1:»");
        (await agent.RunAsync("g", new RunOptions { UserId = "ada", SessionId = "s" }, Token)).Output.ShouldBe("«2:f»");
        new StepAgentOptions().MaxHistory.ShouldBe(10);
    }

    [Fact]
    public async Task Stream_ShowsThePiecesOfTheStepsThatStream_AndOneTerminalEvent()
    {
        var updates = await Collect(new Streaming(Quoting()).StreamAsync("x y", cancellationToken: Token));

        updates.Where(update => update.Delta is not null).Select(update => update.Delta!.Value.Text).ShouldBe(["«loud ", "«quiet ", "x ", "y»»"]);
        updates.Count(update => update.Event is { IsTerminal: true }).ShouldBe(1);
        updates[^1].Event.ShouldBeOfType<RunCompleted>();

        updates = await Collect(new Streaming(Quoting()).StreamAsync("x", new StepAgentRunOptions { Stream = false }, Token));
        updates.ShouldAllBe(update => update.Delta == null);

        updates = await Collect(new Planner(Quoting()).StreamAsync("x", new StepAgentRunOptions { Stream = true }, Token));
        updates.ShouldContain(update => update.Delta != null);
    }

    private sealed class Streaming(IChatClient model) : StepAgent(model)
    {
        [Think]
        public string Quiet(string x) => $"quiet {x}";

        [Synthesize(Stream = true)]
        public string Loud(string x) => $"loud {x}";
    }

    private static async Task<List<RunUpdate>> Collect(IAsyncEnumerable<RunUpdate> stream)
    {
        var updates = new List<RunUpdate>();
        await foreach (var update in stream) updates.Add(update);
        return updates;
    }

    [Fact]
    public async Task Budget_StopsTheRun_WithWhatThereIs()
    {
        var agent = new Report(Quoting(), new StepAgentOptions { Agent = new AgentOptions { Budget = new Budget { MaxInputTokens = 6 } } });
        var result = await agent.RunAsync("x", cancellationToken: Token);

        result.StopReason.ShouldBe(StopReason.Budget);
        result.Output.ShouldBe("«gather x»");
    }

    [Fact]
    public async Task Instructions_Tone_AndGuardrails_HoldForEveryStep()
    {
        var model = Quoting();
        var agent = new Basis(model, new StepAgentOptions
        {
            Instructions = "You are brief.",
            Agent = new AgentOptions { Name = "brief", ResponseTone = "Like a pirate.", Guardrails = [new Shout()] },
        });
        var result = await agent.RunAsync("x", cancellationToken: Token);

        agent.Name.ShouldBe("brief");
        model.Calls.ShouldAllBe(call => call.System.StartsWith("You are brief.") && call.System.Contains("Like a pirate."));
        model.Calls[0].LastUserText.ShouldBe("first X");
        result.Output.ShouldBe("«SECOND «FIRST X»»");

        model = Quoting();
        await new Report(model, new StepAgentOptions { Agent = new AgentOptions { Guardrails = [new Shout()] } }).RunAsync("x", cancellationToken: Token);
        model.Calls[^1].LastUserText.ShouldContain("+ X in 20", customMessage: "the context does not go round the guardrails");
    }

    private sealed class Shout : IGuardrail
    {
        public string Name => "shout";

        public GuardrailStage Stages => GuardrailStage.Input | GuardrailStage.Output;

        public ValueTask<GuardrailVerdict> CheckAsync(GuardrailStage stage, string text, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GuardrailVerdict.Replace(text.ToUpperInvariant(), "too quiet"));
    }

    [Fact]
    public void OptionsOfAModelsLoop_AreRefused()
    {
        var thrown = Should.Throw<ArgumentException>(() => new Report(Quoting(), new StepAgentOptions { Agent = new AgentOptions { MaxTurns = 3 } }));
        thrown.Message.ShouldContain("'Report' runs steps, so AgentOptions.MaxTurns: the steps say how often the model is asked");
    }
}
