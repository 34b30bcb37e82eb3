using Grpc.Net.Client;
using Loomflow.Aspire.AgentWorker.Workflows;
using Loomflow.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.AgentWorker.Tests.Workflows;

public sealed class WorkflowToolTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TestRuns _runs = new();
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_runs);
        _app = builder.Build();
        _app.MapGrpcService<TestRuns>();
        await _app.StartAsync();
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_call_is_a_child_run_under_the_key_of_the_call_and_gives_its_output_as_text()
    {
        _runs.End("completed", "Refund booked.");

        (await CallAsync()).ShouldBe("Refund booked.");

        var start = _runs.Started.ShouldHaveSingleItem();
        start.Workflow.ShouldBe("refund_flow");
        Payload.FromJson(start.Input.Memory).ShouldBe(Payload.Of("INV-2026-0042"));
        start.IdempotencyKey.ShouldBe("run_parent/billing/refund_flow#1");
        start.Parent.RunId.ShouldBe("run_parent");
        start.Parent.RootRunId.ShouldBe("run_root");
        start.Parent.Partition.ShouldBe("u:alice");
        start.SessionId.ShouldBe("sess_1");
        start.ResponseTone.ShouldBe("formal");
        start.Metadata["team"].ShouldBe("x");
    }

    [Fact]
    public async Task An_orchestrator_that_is_away_is_asked_again_under_the_same_key()
    {
        _runs.BeAway(2);
        _runs.End("completed", "done");

        (await CallAsync()).ShouldBe("done");
        _runs.Started.Select(start => start.IdempotencyKey).Distinct().Count().ShouldBe(1);
        _runs.Started.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("failed", "no such invoice")]
    [InlineData("cancelled", "Run run_child of workflow 'refund_flow' was cancelled.")]
    public async Task A_run_that_does_not_complete_is_an_error_of_the_tool(string status, string message)
    {
        _runs.End(status, failure: status == "failed" ? new Failure { Kind = FailureKind.Error, Message = message } : null);
        (await Should.ThrowAsync<StepFailedException>(() => CallAsync())).Message.ShouldBe(message);
    }

    [Fact]
    public async Task A_cancelled_call_cancels_its_run()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = CallAsync(cancellationToken: cancel.Token);
        await _runs.Waited.Task.WaitAsync(s_patience, Cancellation);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        (await _runs.Cancelled.Task.WaitAsync(s_patience, Cancellation)).ShouldBe("run_child");
    }

    [Fact]
    public async Task A_call_of_a_step_that_goes_on_elsewhere_leaves_its_run_alone()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var released = new CancellationTokenSource();
        var call = CallAsync(released.Token, cancel.Token);
        await _runs.Waited.Task.WaitAsync(s_patience, Cancellation);

        await released.CancelAsync();
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        _runs.Cancelled.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Without_its_input_nothing_is_started()
    {
        var tool = new WorkflowTool(new Runs.RunsClient(_channel), "refund_flow", "Refunds.");
        await Should.ThrowAsync<ArgumentException>(async () => await tool.InvokeAsync(new AIFunctionArguments(), Cancellation));
        _runs.Started.ShouldBeEmpty();
    }

    private async Task<string?> CallAsync(CancellationToken released = default, CancellationToken? cancellationToken = null)
    {
        var context = new RunContext
        {
            Run = new RunIdentity
            {
                RunId = "run_parent",
                RootRunId = "run_root",
                Name = "support",
                SessionId = "sess_1",
                Partition = PartitionKey.Named("alice"),
                Metadata = new Dictionary<string, string> { ["team"] = "x" },
            },
            Events = new NoEvents(),
            ResponseTone = "formal",
            Released = released,
        };
        using var place = new StepScope(context, "billing/refund_flow").Enter();
        var tool = new WorkflowTool(new Runs.RunsClient(_channel), "refund_flow", "Refunds.");
        return (await tool.InvokeAsync(new AIFunctionArguments { ["input"] = "INV-2026-0042" }, cancellationToken ?? Cancellation))?.ToString();
    }

    private sealed class NoEvents : IRunEventWriter
    {
        public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
