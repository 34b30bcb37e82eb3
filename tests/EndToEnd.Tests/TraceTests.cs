namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>One nested trace for a run, rebuilt from what the processes exported over the network.</summary>
public sealed class TraceTests
{
    private const string Drawing =
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

        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Support_ARequestForARefund_IsOneTraceNestedAcrossAllProcesses()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(new TopologyOptions { Collector = collector.Endpoint }, Cancelled);

        var runId = await system.StartRunAsync("support", "I want a refund for invoice INV-2026-0042, it was charged twice.", "alice", Cancelled);
        await system.EventsAsync(runId, Cancelled);
        var spans = await collector.UntilAsync(IsWhole, Cancelled);

        var root = spans.SingleOrDefault(span => span.Name == "loom.workflow.run" && span.Attributes.GetValueOrDefault("loom.run.id") == runId);
        root.ShouldNotBeNull($"no span of run {runId} among: {string.Join(", ", spans.Select(span => $"{span.Service} {span.Name}"))}\n{system.Tails}");
        var trace = spans.Where(span => span.TraceId == root.TraceId).ToDictionary(span => span.SpanId);
        var loom = trace.Values.Where(span => span.Name.StartsWith("loom.", StringComparison.Ordinal)).OrderBy(span => span.Start).ToArray();
        loom.Length.ShouldBe(spans.Count(span => span.Name.StartsWith("loom.", StringComparison.Ordinal)), "every span of the run belongs to one trace");
        loom.ShouldAllBe(span => span.Attributes["user_id"] == "alice");
        loom.ShouldAllBe(span => span.Attributes["pattern"] == (span.Name.StartsWith("loom.workflow", StringComparison.Ordinal) ? "workflow" : "agent"));
        Ancestors(root, trace).Last().Service.ShouldBe("orchestrator", "the HTTP request is in the trace");

        Draw(loom, trace, parent: null).ShouldBe(Drawing.ReplaceLineEndings("\n"));
    }

    /// <summary>Whether all the framework's spans have come, and every span between two of them: each process exports when it likes.</summary>
    private static bool IsWhole(IReadOnlyList<ExportedSpan> spans)
    {
        var byId = spans.ToDictionary(span => span.SpanId);
        var loom = spans.Where(span => span.Name.StartsWith("loom.", StringComparison.Ordinal)).ToArray();
        return loom.Length >= Drawing.Count(c => c == '\n') && loom.All(span => Ancestors(span, byId).LastOrDefault(span).ParentId.Length == 0);
    }

    /// <summary>The tree of the framework's own spans; what lies between two of them (HTTP, gRPC) is passed over.</summary>
    private static string Draw(IReadOnlyList<ExportedSpan> loom, IReadOnlyDictionary<string, ExportedSpan> trace, ExportedSpan? parent, int depth = 0) => string.Concat(loom
        .Where(span => Ancestors(span, trace).FirstOrDefault(loom.Contains) == parent)
        .Select(span =>
        {
            var label = span.Attributes.GetValueOrDefault("step") ?? span.Attributes.GetValueOrDefault("workflow") ?? span.Attributes.GetValueOrDefault("gen_ai.tool.name");
            if (span.Name == "loom.run") label = span.Attributes.GetValueOrDefault("gen_ai.agent.name");
            return $"{new string(' ', depth * 2)}{span.Name}{(label is null ? "" : $" ({label})")} @{span.Service}\n{Draw(loom, trace, span, depth + 1)}";
        }));

    private static IEnumerable<ExportedSpan> Ancestors(ExportedSpan span, IReadOnlyDictionary<string, ExportedSpan> trace)
    {
        while (trace.TryGetValue(span.ParentId, out var parent)) yield return span = parent;
    }
}
