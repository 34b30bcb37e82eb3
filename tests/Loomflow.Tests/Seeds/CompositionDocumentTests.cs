using System.Diagnostics;
using Loomflow.Audit;
using Loomflow.Tests.Audit;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Seeds;

/// <summary>The code samples of the composition document, in C#.</summary>
public class CompositionDocumentTests
{
    [Fact]
    public async Task Direction1_AgentsInsideAWorkflow_SeeItsUserAndSession()
    {
        var log = new InMemoryAuditLog(AuditSamples.Key());
        var billing = new Agent("Handle billing.", Models.Scripted("Refunded."), new AgentOptions { Name = "billing" });
        var tech = new Agent("Handle tech.", Models.Scripted("Rebooted."), new AgentOptions { Name = "tech" });
        var labels = new Agent("Reply 'billing' or 'tech'.", Models.Scripted("billing"), new AgentOptions { Name = "labels" });
        async Task<string> Classify(string text) => (await labels.RunAsync(text)).Output;

        var support = Workflow.Route("support", Step.Of<string, string>(Classify), new Dictionary<string, Step<string, string>> { ["billing"] = billing, ["tech"] = tech });
        var result = await support.RunAsync("My card was charged twice.", new RunOptions { UserId = "alice", AuditLog = log }, Token);

        result.Output.ShouldBe("Refunded.");
        result.Usage.ModelCalls.ShouldBe(2);
        var entries = log.Query(new AuditQuery { RunId = result.RunId });
        entries.ShouldAllBe(record => record.Entry.Partition == PartitionKey.Named("alice") && record.Entry.SessionId == result.Run.SessionId);
        entries.Select(record => record.Entry.Action).ShouldBe(
        [
            "workflow_started", "step_started", "run_started", "run_completed", "step_completed", "route_taken", "step_started", "run_started", "run_completed", "step_completed", "workflow_completed",
        ]);
    }

    [Fact]
    public async Task Direction2_AWorkflowInsideAnAgent_IsOneToolCall()
    {
        static Task<Refund> ValidateRefund(string request) => Task.FromResult(new Refund(request, Approved: false));
        static Task<Refund> Authorize(Refund request) => Task.FromResult(request with { Approved = true });
        static Task<string> Execute(Refund refund) => Task.FromResult($"refunded {refund.Invoice}");
        var refundFlow = Workflow.Chain<string, Refund, Refund, string>("refund_flow", ValidateRefund, Authorize, Execute);

        var model = Models.Scripted(ScriptedTurn.Call("refund_flow", new { input = "INV-2026-0042" }), "Your refund is on its way.");
        var agent = new Agent("You are a customer-support agent. When the user asks for a refund, use the `refund_flow` tool.", model, new AgentOptions { Tools = [refundFlow.AsTool()] });
        var result = await agent.RunAsync("I want a refund for invoice #INV-2026-0042.", new RunOptions { UserId = "alice" }, Token);

        result.Output.ShouldBe("Your refund is on its way.");
        string.Join("\n", model.Calls[1].Messages.SelectMany(message => message.Contents).OfType<Microsoft.Extensions.AI.FunctionResultContent>().Select(content => content.Result)).ShouldContain("refunded INV-2026-0042");
    }

    [Fact]
    public async Task BothDirections_AuditTrailAndSpans_AreAsTheDocumentDrawsThem()
    {
        var gated = Gated();
        var log = new InMemoryAuditLog(AuditSamples.Key());
        using var spans = new SpanTree();
        WorkflowResult<string> result;
        using (spans.Begin()) result = await gated.RunAsync(new Request("INV-1"), new RunOptions { UserId = "alice", AuditLog = log }, Token);

        result.Output.ShouldBe("logged: done");
        Trail(log).ShouldBe(
        [
            "workflow_started gated_action",
            "step_started gate",
            "step_completed gate",
            "step_started agent_node",
            "run_started agent_node",
            "tool_call action",
            "workflow_started action",
            "step_started authorize",
            "step_completed authorize",
            "step_started execute",
            "step_completed execute",
            "workflow_completed action",
            "tool_result action",
            "run_completed agent_node",
            "step_completed agent_node",
            "step_started log_completion",
            "step_completed log_completion",
            "workflow_completed gated_action",
        ]);
        log.Query().Where(record => record.Entry.RootRunId == result.RunId).ShouldAllBe(record => record.Entry.Partition == PartitionKey.Named("alice"));
        log.Verify().IsIntact.ShouldBeTrue();

        spans.Drawn().ShouldBe("""
            loom.workflow.run gated_action [workflow]
            └ loom.workflow.step gate [workflow]
            └ loom.workflow.step agent_node [workflow]
              └ loom.run agent_node [agent]
                └ loom.turn 0 [agent]
                  └ loom.model.complete [agent]
                  └ loom.tool action [agent]
                    └ loom.workflow.run action [workflow]
                      └ loom.workflow.step authorize [workflow]
                      └ loom.workflow.step execute [workflow]
                └ loom.turn 1 [agent]
                  └ loom.model.complete [agent]
            └ loom.workflow.step log_completion [workflow]
            """.ReplaceLineEndings("\n"));
        spans.All.ShouldAllBe(span => (string?)span.GetTagItem("user_id") == "alice" && (string?)span.GetTagItem("session_id") == result.Run.SessionId);
    }

    [Fact]
    public async Task BothDirections_Streamed_HasTheSpansOfTheDocument_LineByLine()
    {
        using var spans = new SpanTree();
        using (spans.Begin())
        {
            await foreach (var _ in Gated().StreamAsync(new Request("INV-1"), new RunOptions { UserId = "alice" }, Token))
            {
            }
        }

        // The document shows of each turn what came of it. A turn that ends in a tool call has asked a model too, and its span is not left out.
        var lines = spans.Lines().ToList();
        lines.Count(line => line == "loom.model.stream").ShouldBe(2);
        lines.RemoveAt(lines.IndexOf("loom.model.stream"));
        lines.ShouldBe(
        [
            "loom.workflow.run (gated_action)",
            "loom.workflow.step (gate)",
            "loom.workflow.step (agent_node)",
            "loom.run (agent_node)",
            "loom.turn (turn 0)",
            "loom.tool (action)",
            "loom.workflow.run (action)",
            "loom.workflow.step (authorize)",
            "loom.workflow.step (execute)",
            "loom.turn (turn 1)",
            "loom.model.stream",
            "loom.workflow.step (log_completion)",
        ]);
    }

    /// <summary>Gating around an agent that can call an inner workflow: deterministic, open-ended, deterministic.</summary>
    private static Workflow<Request, string> Gated()
    {
        static Task<string> Gate(Request request) => Task.FromResult($"invoke for {request.Invoice}");
        static Task<string> Authorize(string request) => Task.FromResult($"{request}, authorized");
        static Task<string> Execute(string authorized) => Task.FromResult($"{authorized}, executed");
        static Task<string> LogCompletion(string result) => Task.FromResult($"logged: {result}");

        // Inner action (deterministic), agent in the middle (open-ended), gate around it (deterministic).
        var action = Workflow.Chain("action", Step.Of<string, string>(Authorize, "authorize"), Step.Of<string, string>(Execute, "execute"));
        var agent = new Agent("Decide whether to invoke the action workflow.", Models.Scripted(ScriptedTurn.Call("action", new { input = "INV-1" }), "done"), new AgentOptions { Name = "agent_node", Tools = [action.AsTool()] });
        return Workflow.Chain("gated_action", Step.Of<Request, string>(Gate, "gate"), agent, Step.Of<string, string>(LogCompletion, "log_completion"));
    }

    private static IEnumerable<string> Trail(InMemoryAuditLog log) => log.Query().Where(record => record.Kind == AuditRecordKind.Entry).Select(record =>
    {
        var entry = record.Entry;
        var node = entry.Node is { Length: > 0 } path ? path[(path.LastIndexOf('/') + 1)..] : entry.Subject;
        return $"{entry.Action} {(entry.Action.StartsWith("step", StringComparison.Ordinal) ? node : entry.Subject)}";
    });

    private sealed record Refund(string Invoice, bool Approved);

    private sealed record Request(string Invoice);

    /// <summary>The spans that ended under one root, drawn as a tree.</summary>
    private sealed class SpanTree : IDisposable
    {
        private readonly ActivitySource _roots = new("CompositionDocumentTests");
        private readonly ActivityListener _listener;
        private readonly List<Activity> _ended = [];
        private ActivityTraceId _trace;

        public SpanTree()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is LoomTelemetry.Name or "CompositionDocumentTests",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    lock (_ended) _ended.Add(activity);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> All
        {
            get { lock (_ended) return [.. _ended.Where(span => span.TraceId == _trace && span.Source.Name == LoomTelemetry.Name).OrderBy(span => span.StartTimeUtc)]; }
        }

        public Activity Begin()
        {
            var root = _roots.StartActivity("test")!;
            _trace = root.TraceId;
            return root;
        }

        public string Drawn()
        {
            var known = All.Select(span => span.SpanId).ToHashSet();
            return string.Join('\n', All.Where(span => !known.Contains(span.ParentSpanId)).SelectMany(span => Draw(span, 0)));
        }

        /// <summary>The spans from the root on, each with its name as the document writes it.</summary>
        public IEnumerable<string> Lines() => Drawn().Split('\n').Select(line =>
        {
            var parts = line.Trim(' ', '└').Split(' ');
            var name = parts[0] == "loom.turn" ? $"turn {parts[1]}" : parts[1];
            return name.StartsWith('[') ? parts[0] : $"{parts[0]} ({name})";
        });

        private IEnumerable<string> Draw(Activity span, int depth)
        {
            var name = span.OperationName switch
            {
                "loom.workflow.run" => span.GetTagItem("workflow"),
                "loom.workflow.step" => span.GetTagItem("step"),
                "loom.run" => span.GetTagItem("gen_ai.agent.name"),
                "loom.turn" => span.GetTagItem("turn"),
                "loom.tool" => span.GetTagItem("gen_ai.tool.name"),
                _ => null,
            };
            var indent = depth == 0 ? "" : $"{new string(' ', (depth - 1) * 2)}└ ";
            yield return $"{indent}{span.OperationName}{(name is null ? "" : $" {name}")} [{span.GetTagItem("pattern")}]";
            foreach (var line in All.Where(child => child.ParentSpanId == span.SpanId).SelectMany(child => Draw(child, depth + 1))) yield return line;
        }

        public void Dispose()
        {
            _listener.Dispose();
            _roots.Dispose();
        }
    }
}
