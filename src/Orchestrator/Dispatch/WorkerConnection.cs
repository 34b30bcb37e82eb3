using Grpc.Net.Client;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>The connection to one worker replica, and what this orchestrator knows of it. Changed by <see cref="WorkerPool"/> alone.</summary>
internal sealed class WorkerConnection(GrpcChannel channel) : IDisposable
{
    /// <summary>How many steps of this orchestrator the worker has.</summary>
    public int UnderWay { get; set; }

    /// <summary>The worker has said that it is full; until this timestamp it is taken at its word.</summary>
    public long FullUntil { get; set; }

    public V1.AgentWorker.AgentWorkerClient Client { get; } = new(channel);

    public void Dispose() => channel.Dispose();
}
