using Grpc.Net.Client;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>The connection to one worker replica, and what this orchestrator knows of it.</summary>
/// <param name="channel">The connection.</param>
/// <param name="options">How steps are sent.</param>
/// <param name="startsWithin">How long after this orchestrator has made certain of a run a step of it may begin.</param>
/// <param name="time">The clock.</param>
internal sealed class WorkerConnection(GrpcChannel channel, DispatchOptions options, TimeSpan startsWithin, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly V1.AgentWorker.AgentWorkerClient _client = new(channel);
    private Task<WorkerStream>? _stream;

    /// <summary>How many steps of this orchestrator the worker has. Changed by <see cref="WorkerPool"/> alone.</summary>
    public int UnderWay { get; set; }

    /// <summary>The worker has said that it is full; until this timestamp it is taken at its word. Changed by <see cref="WorkerPool"/> alone.</summary>
    public long FullUntil { get; set; }

    /// <summary>The stream for steps that begin now: opened when there is none, and anew when the one there is takes no more of them.</summary>
    /// <exception cref="Grpc.Core.RpcException">The worker cannot be reached, or does not let this orchestrator in.</exception>
    public ValueTask<WorkerStream> StreamAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_stream is { IsCompletedSuccessfully: true } open)
            {
                if (open.Result.TakesSteps) return new(open.Result);
                open.Result.Retire();
            }

            if (_stream is null or { IsCompleted: true })
            {
                // A stream is nobody's in particular: it must not run in the trace and the log scope of the step that happened to come first.
                using var _ = ExecutionContext.SuppressFlow();
                _stream = Task.Run(() => WorkerStream.OpenAsync(_client, options, startsWithin, time), CancellationToken.None);
            }

            return new(_stream.WaitAsync(cancellationToken));
        }
    }

    public void Dispose() => channel.Dispose();
}
