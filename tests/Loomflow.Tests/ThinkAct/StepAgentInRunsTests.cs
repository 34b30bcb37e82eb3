using Loomflow.Audit;
using Loomflow.Tests.InlineSteps;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.ThinkAct;

public class StepAgentInRunsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed class Analyst(IChatClient model, StepAgentOptions? options = null) : StepAgent(model, options)
    {
        public bool Crash { get; set; }

        [Think("analyze")]
        public string Analyze(string input) => $"analyze {input}";

        [Act("decide")]
        public string Decide(string analysis) => Crash ? throw new IOException("the machine went down") : $"decide {analysis}";
    }

    private static ScriptedModel Quoting() => Models.Scripted(call => $"«{call.LastUserText}»");

    [Fact]
    public async Task Run_IsAuditedAsAnAgents_WithAPairForEachStep()
    {
        using var audit = new InMemoryAuditLog();
        await new Analyst(Quoting()).RunAsync("x", new RunOptions { AuditLog = audit, UserId = "ada" }, Token);

        audit.Query(new AuditQuery()).Select(record => $"{record.Entry.Action} {record.Entry.Node}".TrimEnd()).ShouldBe(
            ["run_started", "step_started analyze", "step_completed analyze", "step_started decide", "step_completed decide", "run_completed"]);
    }

    [Fact]
    public async Task Usage_IsCountedByStep_AndInAll()
    {
        var run = new RecordedRun();
        var result = await run.RunAsync(() => new Analyst(Quoting()).RunAsync("x", cancellationToken: Token));

        run.Events.OfType<TurnCompleted>().Select(turn => turn.Path).ShouldBe(["Analyst/analyze", "Analyst/decide"]);
        run.Events.OfType<StepCompleted>().ShouldAllBe(step => step.Usage.ModelCalls == 1);
        result.Usage.ModelCalls.ShouldBe(2);
        run.Context.Usage.Total.ModelCalls.ShouldBe(2);
    }

    [Fact]
    public async Task AsANodeOfAWorkflow_ItGivesItsText()
    {
        var workflow = Workflow.Chain<string>("flow").Then(new Analyst(Quoting())).Then(text => text.Length, "length").Build();
        (await workflow.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("«decide «analyze x»»".Length);
    }

    [Fact]
    public async Task AsATool_ItAnswersAnotherAgent()
    {
        var boss = new Agent("Ask the analyst.", Models.Scripted(ScriptedTurn.Call("Analyst", new { input = "x" }), "done"), new AgentOptions { Tools = [new Analyst(Quoting()).AsTool()] });
        var result = await boss.RunAsync("go", cancellationToken: Token);
        result.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result.ShouldBe("«decide «analyze x»»");
    }

    [Fact]
    public async Task ResumedRun_DoesNotAskAgainWhatWasAnswered()
    {
        var (model, first) = (Quoting(), new RecordedRun());
        var agent = new Analyst(model) { Crash = true };
        await Should.ThrowAsync<IOException>(() => first.RunAsync(() => agent.RunAsync("x", cancellationToken: Token)));

        agent.Crash = false;
        var second = new RecordedRun(resumes: first);
        var result = await second.RunAsync(() => agent.RunAsync("x", cancellationToken: Token));

        result.Output.ShouldBe("«decide «analyze x»»");
        model.Calls.Count.ShouldBe(2);
        second.Events.OfType<RunStarted>().Single().Resumed.ShouldBeTrue();
        second.Events.OfType<StepStarted>().Select(step => step.Path).ShouldBe(["Analyst/decide"]);
        result.Usage.ModelCalls.ShouldBe(2);
    }

    private sealed record Score(int Points, string Why);

    private sealed class Typed(IChatClient model, StepAgentOptions options) : StepAgent(model, options)
    {
        [Think<Score>]
        public string Rate(string input) => $"rate {input}";

        [Observe(FullResponse = true)]
        public string Look(Score score) => $"look {score.Points}";

        [Observe(SendToModel = false)]
        public DateOnly Day() => new(2026, 11, 21);

        [Act]
        public string Use(DateOnly day, ChatResponse look, Score score) => $"use {day:O} {look.Text} {score.Why}";
    }

    [Fact]
    public async Task ResumedRun_HasTheValuesOfEarlierSteps_AndRepeatsNoFinishedToolOrModelCall()
    {
        var calls = 0;
        var clock = Tool.Of(() => $"call {++calls}", "clock", "Tells the time.");
        const string Selection = """{"tool_calls": [{"tool_name": "clock", "arguments": {}, "confidence": 1}]}""";
        var options = new StepAgentOptions { Tools = [new ScopedTool(clock, "act")] };
        var first = new RecordedRun();
        var failing = Models.Scripted("""{"points": 3, "why": "good"}""", "seen", Selection, ScriptedTurn.Fail(new ModelException(ModelErrorKind.InvalidRequest, "down")));
        await Should.ThrowAsync<ModelException>(() => first.RunAsync(() => new Typed(failing, options).RunAsync("x", cancellationToken: Token)));

        var second = new RecordedRun(resumes: first);
        var working = Models.Scripted("done");
        var result = await second.RunAsync(() => new Typed(working, options).RunAsync("x", cancellationToken: Token));

        result.Output.ShouldBe("done");
        working.Calls.Single().LastUserText.ShouldBe("use 2026-11-21 seen good\n\nTool results:\n- clock {}: call 1");
        calls.ShouldBe(1);
    }

    [Fact]
    public async Task ManyRunsOfOneInstance_DoNotMix()
    {
        var agent = new Analyst(Quoting());
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => agent.RunAsync($"{i}", cancellationToken: Token)));
        results.Select(result => result.Output).ShouldBe(Enumerable.Range(0, 50).Select(i => $"«decide «analyze {i}»»"));
    }

    [Fact]
    public async Task Cancellation_IsItsOwnOutcome()
    {
        using var cancel = new CancellationTokenSource();
        var run = new RecordedRun();
        var model = Models.Scripted(_ =>
        {
            cancel.Cancel();
            return ScriptedTurn.Fail(new OperationCanceledException(cancel.Token));
        });
        await Should.ThrowAsync<OperationCanceledException>(() => run.RunAsync(() => new Analyst(model).RunAsync("x", cancellationToken: cancel.Token)));
        run.Events[^1].ShouldBeOfType<RunCancelled>();
    }
}
