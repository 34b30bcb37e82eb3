using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Telemetry;

/// <summary>With no listener, telemetry costs a check and allocates nothing. Alone, because other tests listen.</summary>
[Collection(nameof(NoListenerTests))]
public sealed class NoListenerTests
{
    private const int Times = 10_000;

    private static readonly RunContext s_context = new() { Run = new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1" }, Events = new InProcessRunLog(new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1" }, TimeProvider.System) };
    private static readonly StepScope s_scope = new(s_context, "step");
    private static readonly Agent s_agent = new("You are.", Models.Echo());
    private static readonly FunctionCallContent s_call = new("call_1", "tool");
    private static readonly ChatOptions s_chat = new();
    private static readonly ChatMessage[] s_messages = [new(ChatRole.User, "Hello")];
    private static readonly IChatClient s_model = Models.Echo();
    private static readonly IWorkflow s_workflow = Workflow.Chain("chain", Step.Of((string text) => text, "echo"), Step.Of((string text) => text, "echo2"));

    [Fact]
    public void Spans_AreNotMade() => AllocatedBy(static () =>
    {
        WorkflowSpan.Start(s_context, s_workflow, default).ShouldBeNull();
        AgentTelemetry.StartRun(s_scope, s_agent, "Hello").ShouldBeNull();
        AgentTelemetry.StartTurn(s_scope, 0).ShouldBeNull();
        AgentTelemetry.StartModel(s_scope, s_model, s_chat, s_messages, 0, streaming: true).ShouldBeNull();
        AgentTelemetry.StartTool(s_scope, s_call, null, 0).ShouldBeNull();
    }).ShouldBe(0);

    [Fact]
    public void Metrics_AreNotMade() => AllocatedBy(static () =>
    {
        RunMetrics.RunDriven("chain", 1);
        RunMetrics.RunEnded("workflow", "chain", "completed", TimeSpan.FromSeconds(1));
        RunMetrics.MeasuresSteps.ShouldBeFalse();
        AgentTelemetry.EndTool(null, "tool", isKnown: true, new ToolOutcome("done", Ok: true), TimeSpan.FromSeconds(1));
    }).ShouldBe(0);

    [Fact]
    public void Endings_OfSpansThatAreNotThere_AreAChecks() => AllocatedBy(static () =>
    {
        ((System.Diagnostics.Activity?)null).Conclude("completed");
        ((System.Diagnostics.Activity?)null).Fail(s_failure);
    }).ShouldBe(0);

    private static readonly Failure s_failure = new() { Message = "no" };

    private static long AllocatedBy(Action act)
    {
        LoomTelemetry.Source.HasListeners().ShouldBeFalse();
        act();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++) act();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
    }
}

[CollectionDefinition(nameof(NoListenerTests), DisableParallelization = true)]
public sealed class NoListenerTestsCollection;
