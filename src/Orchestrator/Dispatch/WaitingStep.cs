namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>A step in line for a worker.</summary>
internal sealed class WaitingStep(string step, PartitionKey partition, IReadOnlySet<string> avoided)
{
    public string Step { get; } = step;

    public PartitionKey Partition { get; } = partition;

    /// <summary>Workers that are no use to this step, by id.</summary>
    public IReadOnlySet<string> Avoided { get; } = avoided;

    public TaskCompletionSource<WorkerSlot> Slot { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
