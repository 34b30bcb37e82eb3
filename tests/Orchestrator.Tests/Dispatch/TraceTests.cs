using System.Collections.Concurrent;
using System.Diagnostics;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

public class TraceTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();

    [Fact]
    public async Task The_agents_span_on_the_worker_is_below_the_steps_span_on_the_orchestrator()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is LoomTelemetry.Name or "Microsoft.AspNetCore" or "System.Net.Http" or "Grpc.Net.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var name = $"agent-{Guid.NewGuid():n}";
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(name, _ => new Agent("Echo.", Models.Echo(), new AgentOptions { Name = "echo" })));
        await using var dispatching = await Dispatching.StartAsync(_redis);

        var result = await Workflow.Chain("traced", Step.Remote<string, string>(name)).RunAsync("hi", new RunOptions { Dispatcher = dispatching.Dispatcher }, TestContext.Current.CancellationToken);
        await worker.StopAsync();

        var agent = spans.Single(span => span.OperationName == LoomTelemetry.AgentRunSpan && RunOf(span) == result.RunId);
        var above = new List<string>();
        for (var span = agent; span is not null; span = spans.FirstOrDefault(other => other.SpanId == span.ParentSpanId)) above.Add(span.OperationName);
        above.ShouldBe([LoomTelemetry.AgentRunSpan, ExecutionSpans.Name, ExecutionSpans.Name, LoomTelemetry.StepSpan, LoomTelemetry.WorkflowRunSpan]);
        spans.Where(span => span.OperationName == ExecutionSpans.Name && span.TraceId == agent.TraceId).Select(span => span.Kind).ShouldBe([ActivityKind.Client, ActivityKind.Server], ignoreOrder: true);
    }

    private static string? RunOf(Activity span) => span.GetTagItem(LoomTelemetry.Attributes.RunId) as string;
}
