namespace Loomflow;

/// <summary>A memory that passes every call on to another one: override what it does differently.</summary>
public abstract class DelegatingMemory : IMemory
{
    /// <summary>The memory that calls go to. It is asked for at every call.</summary>
    protected abstract IMemory Inner { get; }

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Inner.GetBlocksAsync(partition, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        Inner.SetBlockAsync(partition, name, content, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        Inner.AppendBlockAsync(partition, name, content, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default) =>
        Inner.RemoveBlockAsync(partition, name, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default) =>
        Inner.RememberAsync(partition, episode, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<Recalled<Episode>>> RecallAsync(PartitionKey partition, RecallQuery query, CancellationToken cancellationToken = default) =>
        Inner.RecallAsync(partition, query, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default) =>
        Inner.GetSessionAsync(partition, sessionId, limit, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default) =>
        Inner.LearnAsync(partition, fact, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default) =>
        Inner.LearnFromAsync(partition, episodeId, fact, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<Recalled<Fact>>> RecallFactsAsync(PartitionKey partition, FactQuery query, CancellationToken cancellationToken = default) =>
        Inner.RecallFactsAsync(partition, query, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<MemoryProfile> GetProfileAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Inner.GetProfileAsync(partition, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default) =>
        Inner.ForgetAsync(partition, scope, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<MemoryExport> ExportAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Inner.ExportAsync(partition, cancellationToken);
}
