namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>A place at a worker, taken for one step until disposed.</summary>
internal sealed class WorkerSlot(WorkerPool pool, WorkerConnection connection, string workerId, PartitionKey partition) : IDisposable
{
    public WorkerConnection Connection { get; } = connection;

    public string WorkerId { get; } = workerId;

    public PartitionKey Partition { get; } = partition;

    public void Dispose() => pool.Release(this);
}
