using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Workflows;

/// <summary>The orchestrator's side of runs, by hand: one run, which ends when the test says so.</summary>
internal sealed class TestRuns : Runs.RunsBase
{
    private readonly TaskCompletionSource<RunView> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unavailable;

    public ConcurrentQueue<StartRunRequest> Started { get; } = new();

    public TaskCompletionSource Waited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<string> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End(string status, string? output = null, Failure? failure = null) => _end.TrySetResult(new RunView
    {
        Run = new RunReference { RunId = "run_child" },
        Status = status,
        Output = ByteString.CopyFrom(Payload.Of(output).ToJson().Span),
        Failure = failure is null ? ByteString.Empty : ByteString.CopyFrom(Payload.Of(failure).ToJson().Span),
    });

    /// <summary>Has the next calls fail as they do while an orchestrator restarts.</summary>
    public void BeAway(int calls) => _unavailable = calls;

    public override async Task<RunView> Start(StartRunRequest request, ServerCallContext context)
    {
        Started.Enqueue(request);
        if (Interlocked.Decrement(ref _unavailable) >= 0) throw new RpcException(new Status(StatusCode.Unavailable, "away"));
        Waited.TrySetResult();
        return request.WaitMilliseconds > 0
            ? await _end.Task.WaitAsync(context.CancellationToken)
            : new RunView { Run = new RunReference { RunId = "run_child" }, Status = "running" };
    }

    public override Task<RunView> Cancel(CancelRunRequest request, ServerCallContext context)
    {
        Cancelled.TrySetResult(request.RunId);
        return Task.FromResult(new RunView { Run = new RunReference { RunId = request.RunId }, Status = "cancelled" });
    }
}
