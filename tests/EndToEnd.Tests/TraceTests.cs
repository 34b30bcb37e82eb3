using System.Text.Json;
using Loomflow.Aspire.EndToEnd.Tests.Otlp;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>One nested trace for a run, rebuilt from what the processes exported over the network.</summary>
public sealed class TraceTests
{
    private const string Refund = "I want a refund for invoice INV-2026-0042, it was charged twice.";
    private const string Request = "POST /workflows/{name}/runs";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Support_ARequestForARefund_IsOneTraceNestedAcrossAllProcesses(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions { Collector = protocol == "grpc" ? collector.Grpc : collector.Http, Settings = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol } }, Cancelled);

        var runId = await system.StartRunAsync("support", Refund, "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);
        await collector.UntilAsync(() => collector.Spans.Any(span => span.Name == Request), () => $"{Request}\n{system.Tails}", Cancelled);

        var spans = await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (support) @orchestrator
              loom.workflow.step (classifier) @orchestrator
                loom.run (classifier) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker
              loom.workflow.step (billing) @orchestrator
                loom.run (billing) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker
                    loom.tool (refund_flow) @agentworker
                      loom.workflow.run (refund_flow) @orchestrator
                        loom.workflow.step (Validate) @orchestrator
                        loom.workflow.step (Authorize) @orchestrator
                        loom.workflow.step (Execute) @orchestrator
                  loom.turn @agentworker
                    loom.model.stream @agentworker

            """);

        var loom = spans.Where(span => span.IsLoom).ToArray();
        loom.Count(span => span["loom.run.id"] == runId).ShouldBe(12, "the other four are the child run's");
        loom.ShouldAllBe(span => span["user_id"] == "alice");
        loom.Select(span => span["session_id"]).Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
        loom.ShouldAllBe(span => span["pattern"] == (span.Name.StartsWith("loom.workflow", StringComparison.Ordinal) ? "workflow" : "agent"));
        loom.Where(span => span.Name != "loom.workflow.run").ShouldAllBe(span => span["step"] != null && span["loom.step.visit"] == "1" && span["loom.step.attempt"] == "1");
        loom.Where(span => span.Service == "agentworker" && span["gen_ai.agent.name"] != "classifier").Select(span => span["step"]).Distinct().ShouldBe(["classifier", "billing"], ignoreOrder: true);
        loom.ShouldAllBe(span => !span.Attributes.Keys.Any(IsContent), "nobody has allowed content");
        spans.ShouldAllBe(span => span.IsLoom || (span["url.path"] != "/health" && !span.Name.Contains("HttpRequestIn", StringComparison.Ordinal)));
        new SpanTree(spans).Ancestors(loom.Single(span => span["workflow"] == "support")).Last().Name.ShouldBe(Request);

        // Each span names its entry of the audit log, and each entry its trace.
        var entries = (await system.TrailAsync(runId, Cancelled)).ToDictionary(entry => entry.GetProperty("sequence").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture));
        entries.Values.Select(entry => entry.GetProperty("traceId").GetString()).Distinct().ShouldBe([loom[0].TraceId]);
        foreach (var span in loom.Where(span => span.Name is "loom.workflow.run" or "loom.workflow.step" or "loom.tool"))
        {
            var entry = entries[span["loom.audit.sequence"].ShouldNotBeNull(span.Name)];
            entry.GetProperty("runId").GetString().ShouldBe(span["loom.run.id"]);
            entry.GetProperty("action").GetString().ShouldBe(span.Name switch { "loom.workflow.run" => "workflow_completed", "loom.workflow.step" => "step_completed", _ => "tool_call" });
            if (span.Name == "loom.workflow.step") entry.GetProperty("spanId").GetString().ShouldBe(span.SpanId);
        }
    }

    /// <summary>Makes docs/images/trace.svg anew, of the second of two runs: the first one has everything compiled.</summary>
    [Fact(Explicit = true)]
    public async Task Support_PictureOfTheDocument()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(new TopologyOptions { Collector = collector.Http }, Cancelled);
        await system.EventsAsync(await system.StartRunAsync("support", Refund, "alice", Cancelled), Cancelled);
        var runId = await system.StartRunAsync("support", Refund, "bob", Cancelled);
        await system.EventsAsync(runId, Cancelled);
        await collector.UntilAsync(() => collector.Spans.Count(span => span.IsLoom && span["user_id"] == "bob") == 16 && collector.Spans.Count(span => span.Name == Request) == 2, () => new SpanTree(collector.Spans).Draw(), Cancelled);

        var run = collector.Spans.Single(span => span["loom.run.id"] == runId && span["workflow"] == "support");
        var tree = new SpanTree(collector.Spans);
        var rows = tree.Below(run).Select(row => (row.Span, Depth: row.Depth + 1)).Prepend((tree.Ancestors(run).Last(), 0)).ToList();
        await File.WriteAllTextAsync(Path.Combine(Repository.Root, "docs", "images", "trace.svg"), TracePicture.Svg(rows), Cancelled);
    }

    [Fact]
    public async Task Fanout_BranchesSideBySide_HangFromTheirOwnSteps()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector);

        var runId = await system.StartRunAsync("fanout", "How is the weather?", "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);

        await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (fanout) @orchestrator
              loom.workflow.step (east) @orchestrator
              loom.workflow.step (merge) @orchestrator
              loom.workflow.step (north) @orchestrator
                loom.run (north) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker
              loom.workflow.step (south) @orchestrator
                loom.run (south) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker

            """, byName: true);
    }

    [Fact]
    public async Task Retry_EachAttempt_IsASpanOfItsOwn()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector);

        var runId = await system.StartRunAsync("retried", "Try again.", "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);

        var spans = await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (retried) @orchestrator
              loom.workflow.step (flaky) @orchestrator [retrying] !System.IO.IOException
              loom.workflow.step (flaky) @orchestrator
              loom.workflow.step (last) @orchestrator

            """);
        spans.Where(span => span["step"] == "flaky").OrderBy(span => span.Start).Select(span => (span["loom.step.visit"], span["loom.step.attempt"])).ShouldBe([("1", "1"), ("1", "2")]);
        spans.Single(span => span["outcome"] == "retrying").StatusMessage.ShouldBe("The first attempt fails.");
    }

    [Fact]
    public async Task Takeover_AfterTheOwnerWasKilled_IsANewSpanLinkedToTheFirst()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector, gate, orchestrators: 2);
        var (first, second) = (system.Orchestrators[0], system.Orchestrators[1]);

        // Only the first one is there to take the run.
        await second.KillAsync();
        var runId = await system.StartRunAsync("held", "Hold this.", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);
        await collector.UntilAsync(() => collector.Spans.Any(span => span["step"] == "before"), () => $"the step before\n{system.Tails}", Cancelled);
        await first.KillAsync();
        await second.StartAsync(Cancelled);
        gate.Open();
        var events = await system.EventsAsync(runId, Cancelled);

        // What the first owner had open was lost with it; what it had begun elsewhere is in the trace, and so is the link to its span.
        var spans = await DrawnAsync(collector, system, runId,
            """
            loom.workflow.step (before) @orchestrator
            loom.run (holder) @agentworker
              loom.turn @agentworker
                loom.model.stream @agentworker
                loom.tool (hold) @agentworker
              loom.turn @agentworker
                loom.model.stream @agentworker
            loom.workflow.run (held) @orchestrator (linked)
              loom.workflow.step (holder) @orchestrator
              loom.workflow.step (after) @orchestrator

            """);
        var started = events.OfType<RunStarted>().Single(e => e.Path.Length == 0);
        spans.ShouldAllBe(span => span.TraceId == started.TraceId);
        spans.Single(span => span.Name == "loom.workflow.run").Links.ShouldBe([started.SpanId!]);
        spans.Single(span => span["step"] == "before").ParentId.ShouldBe(started.SpanId);
    }

    [Fact]
    public async Task Kill_OfAWorker_LeavesNoSpanOpenAndTheStepGoesOnBelowItsOwnSpan()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector, gate, workers: 2);
        var (first, second) = (system.Workers[0], system.Workers[1]);

        await second.KillAsync();
        var runId = await system.StartRunAsync("held", "Hold this.", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);
        await collector.UntilAsync(() => collector.Spans.Any(span => span.Name == "loom.model.stream"), () => $"the model's answer\n{system.Tails}", Cancelled);
        await first.KillAsync();
        await second.StartAsync(Cancelled);
        gate.Open();
        await system.EventsAsync(runId, Cancelled);

        // The answer that the first worker's model gave is journaled, so the second one only calls the tool and asks again.
        var spans = await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (held) @orchestrator
              loom.workflow.step (before) @orchestrator
              loom.workflow.step (holder) @orchestrator
                loom.run (holder) @agentworker
                  loom.turn @agentworker
                    loom.tool (hold) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker
              loom.workflow.step (after) @orchestrator
            loom.model.stream @agentworker

            """);
        var step = spans.Single(span => span.Name == "loom.workflow.step" && span["step"] == "holder").SpanId;
        await collector.UntilAsync(
            () => collector.Spans.Count(span => span.ParentId == step && span["rpc.method"] == "Execute") >= 2, () => $"both calls, of which the first one was cut off\n{system.Tails}", Cancelled);
    }

    [Fact]
    public async Task Cancel_OfARunUnderWay_ClosesEverySpanAsCancelledAndNoneAsAnError()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector, gate);

        var runId = await system.StartRunAsync("held", "Hold this.", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);
        await system.CancelAsync(runId, Cancelled);
        await system.EventsAsync(runId, Cancelled);

        await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (held) @orchestrator [cancelled]
              loom.workflow.step (before) @orchestrator
              loom.workflow.step (holder) @orchestrator [cancelled]
                loom.run (holder) @agentworker [cancelled]
                  loom.turn @agentworker [cancelled]
                    loom.model.stream @agentworker
                    loom.tool (hold) @agentworker [cancelled]

            """);
    }

    [Fact]
    public async Task FailingTool_IsAnErrorOfItsOwnSpanAlone()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector);

        var runId = await system.StartRunAsync("printing", "Print this.", "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);

        var spans = await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (printing) @orchestrator
              loom.workflow.step (clumsy) @orchestrator
                loom.run (clumsy) @agentworker
                  loom.turn @agentworker
                    loom.model.stream @agentworker
                    loom.tool (print) @agentworker [failed] !System.InvalidOperationException
                  loom.turn @agentworker
                    loom.model.stream @agentworker
              loom.workflow.step (last) @orchestrator

            """);
        spans.Single(span => span.Name == "loom.tool").StatusMessage.ShouldBe("Page 1 is stuck in the printer.");
    }

    [Fact]
    public async Task FailingStep_IsAnErrorOfTheStepAndOfItsRun()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await WorkloadAsync(collector);

        var runId = await system.StartRunAsync("failing", "this", "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);

        await DrawnAsync(collector, system, runId,
            """
            loom.workflow.run (failing) @orchestrator [failed] !System.InvalidOperationException
              loom.workflow.step (broken) @orchestrator [failed] !System.InvalidOperationException

            """);
    }

    [Fact]
    public async Task Content_WhereItIsAllowed_IsWhatTheGenAIViewReads()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions { Collector = collector.Http, Settings = new Dictionary<string, string> { ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true" } }, Cancelled);

        var runId = await system.StartRunAsync("support", Refund, "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);
        await collector.UntilAsync(
            () => collector.Spans.Any(span => span["workflow"] == "support") && collector.Spans.Count(span => span["gen_ai.operation.name"] == "invoke_agent") == 2,
            () => $"the run and its two agents\n{new SpanTree(collector.Spans).Draw()}\n{system.Tails}",
            Cancelled);

        var chats = collector.Spans.Where(span => span["gen_ai.operation.name"] == "chat").OrderBy(span => span.Start).ToArray();
        chats.Length.ShouldBe(3);
        chats.ShouldAllBe(span => span["gen_ai.provider.name"] == "loomflow" && span["gen_ai.request.model"] == "offline" && span["gen_ai.response.model"] == "offline");
        chats.ShouldAllBe(span => int.Parse(span["gen_ai.usage.input_tokens"]!) > 0 && int.Parse(span["gen_ai.usage.output_tokens"]!) > 0);
        var last = chats[^1];
        Roles(last["gen_ai.input.messages"]!).TakeLast(3).ShouldBe([("user", "text"), ("assistant", "tool_call"), ("tool", "tool_call_response")]);
        Roles(last["gen_ai.output.messages"]!).ShouldBe([("assistant", "text")]);
        Json(last["gen_ai.system_instructions"]!)[0].GetProperty("type").GetString().ShouldBe("text");
        Json(last["gen_ai.tool.definitions"]!).Select(tool => tool.GetProperty("name").GetString()).ShouldBe(["refund_flow", "charge_details"]);
        Json(last["gen_ai.tool.definitions"]!).ShouldAllBe(tool => tool.GetProperty("type").GetString() == "function" && tool.GetProperty("parameters").GetProperty("type").GetString() == "object");

        var tool = collector.Spans.Single(span => span["gen_ai.operation.name"] == "execute_tool");
        tool["gen_ai.tool.call.arguments"]!.ShouldContain("INV-2026-0042");
        tool["gen_ai.tool.call.result"]!.ShouldContain("was booked");
        var agent = collector.Spans.Single(span => span["gen_ai.operation.name"] == "invoke_agent" && span["gen_ai.agent.name"] == "billing");
        Roles(agent["gen_ai.input.messages"]!).ShouldBe([("user", "text")]);
        var workflow = collector.Spans.Single(span => span["gen_ai.workflow.name"] == "support");
        workflow["gen_ai.operation.name"].ShouldBe("invoke_workflow");
        workflow["gen_ai.output.messages"]!.ShouldContain("INV-2026-0042");
    }

    [Fact]
    public async Task Sampler_ThatTakesNothing_IsObeyedAndTheTraceIsOneAllTheSame()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions { Collector = collector.Http, Settings = new Dictionary<string, string> { ["OTEL_TRACES_SAMPLER"] = "always_off", ["OTEL_METRIC_EXPORT_INTERVAL"] = "500" } }, Cancelled);

        await RefundIsOneTraceInTheAuditLogAsync(system);

        // Spans are exported five times as often as metrics: were there any, they would have come by the time that both have.
        await collector.UntilAsync(
            () => ((string[])["orchestrator", "agentworker"]).All(service => collector.Metrics.Any(metric => metric.Service == service && metric.Meter == LoomTelemetry.Name)), () => $"the services' metrics\n{system.Tails}", Cancelled);
        foreach (var service in system.Services) await service.StopAsync(Cancelled);
        collector.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task NoListener_ChildRunAndWorker_AreInTheTraceOfTheRequest()
    {
        await using var system = await Topology.StartAsync(new TopologyOptions(), Cancelled);

        await RefundIsOneTraceInTheAuditLogAsync(system);
    }

    private static async Task RefundIsOneTraceInTheAuditLogAsync(Topology system)
    {
        var runId = await system.StartRunAsync("support", Refund, "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);
        var traceId = (await system.GetRunAsync(runId, Cancelled)).GetProperty("traceId").GetString();
        var entries = await system.TrailAsync(runId, Cancelled);

        traceId.ShouldNotBeNull();
        entries.Select(entry => entry.GetProperty("runId").GetString()).Distinct().Count().ShouldBe(2, "the child run is among them");
        entries.ShouldAllBe(entry => entry.GetProperty("traceId").GetString() == traceId);
    }

    private static Task<Topology> WorkloadAsync(OtlpReceiver collector, Gate? gate = null, int orchestrators = 1, int workers = 1) => Topology.StartAsync(
        new TopologyOptions
        {
            Workload = true,
            Orchestrators = orchestrators,
            Workers = workers,
            Collector = collector.Http,
            Settings = new Dictionary<string, string> { ["WORKLOAD_GATE"] = gate?.Address ?? "" },
        },
        Cancelled);

    /// <summary>Waits until the tree of what has arrived is the one that was drawn, and gives the spans of the trace.</summary>
    private static async Task<IReadOnlyList<ExportedSpan>> DrawnAsync(OtlpReceiver collector, Topology system, string runId, string drawing, bool byName = false)
    {
        drawing = drawing.ReplaceLineEndings("\n");
        await collector.UntilAsync(() => new SpanTree(collector.Spans).Draw(byName) == drawing, () => $"\n{drawing}\nbut\n{new SpanTree(collector.Spans).Draw(byName)}\n{system.Tails}", Cancelled);

        var trace = collector.Spans.Last(span => span["loom.run.id"] == runId).TraceId;
        collector.Spans.Where(span => span.IsLoom).ShouldAllBe(span => span.TraceId == trace, "every span of the run belongs to one trace");
        return [.. collector.Spans.Where(span => span.TraceId == trace)];
    }

    private static bool IsContent(string attribute) => attribute.EndsWith(".messages", StringComparison.Ordinal) || attribute is
        "gen_ai.system_instructions" or "gen_ai.tool.definitions" or "gen_ai.tool.call.arguments" or "gen_ai.tool.call.result";

    private static JsonElement[] Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }

    private static IEnumerable<(string?, string?)> Roles(string messages) => Json(messages).Select(message =>
        (message.GetProperty("role").GetString(), message.GetProperty("parts")[0].GetProperty("type").GetString()));
}
