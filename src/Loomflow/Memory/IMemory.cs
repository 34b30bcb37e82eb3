namespace Loomflow;

/// <summary>
/// What agents remember of one user: working blocks, episodes and facts. One contract for every store, in this process or
/// shared by all. Every call names the partition, and no call ever sees another partition's data.
/// </summary>
/// <remarks>
/// Implementations are safe for concurrent use and bound what they keep. What one call has written, every later call in
/// any process reads. A store that cannot be reached throws <see cref="MemoryUnavailableException"/>.
/// </remarks>
public interface IMemory
{
    /// <summary>The working blocks, in the order in which they were first written.</summary>
    ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(PartitionKey partition, CancellationToken cancellationToken = default);

    /// <summary>Writes a working block: creates it or replaces its content.</summary>
    /// <exception cref="MemoryLimitException">The content is too long, or there are too many blocks.</exception>
    ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default);

    /// <summary>Adds a line to a working block, creating the block where there is none.</summary>
    /// <exception cref="MemoryLimitException">The content would be too long, or there are too many blocks.</exception>
    ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default);

    /// <summary>Removes a working block; <see langword="false"/> where there was none.</summary>
    ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps an episode. One with the id of a kept episode replaces it, so that a repeated attempt leaves no double.
    /// The oldest episodes make room when there are too many.
    /// </summary>
    ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default);

    /// <summary>
    /// The episodes that match a query, best first; empty where nothing matches. A query without text gives the newest.
    /// </summary>
    ValueTask<IReadOnlyList<Recalled<Episode>>> RecallAsync(PartitionKey partition, RecallQuery query, CancellationToken cancellationToken = default);

    /// <summary>The newest episodes of one conversation, oldest first.</summary>
    /// <param name="partition">Whose conversation. The same session id of another user is another conversation.</param>
    /// <param name="sessionId">The conversation.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps a fact, in one atomic step with what it changes. A fact about the same subject and predicate holds until the next
    /// one's <see cref="Fact.ValidFrom"/>, in whichever order they arrive. The same object again strengthens the fact that is there.
    /// </summary>
    /// <returns>The fact as it is now kept.</returns>
    ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps a fact that was taken from an episode, as <see cref="LearnAsync"/> does, and nothing where the episode is not there (any more): in one
    /// atomic step, so that what was forgotten meanwhile does not come back as a fact.
    /// </summary>
    /// <returns>The fact as it is now kept; <see langword="null"/> where the episode is not there.</returns>
    ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default);

    /// <summary>
    /// The facts that match a query and held at its time, best first; empty where nothing matches. A query without text
    /// gives those recorded last.
    /// </summary>
    ValueTask<IReadOnlyList<Recalled<Fact>>> RecallFactsAsync(PartitionKey partition, FactQuery query, CancellationToken cancellationToken = default);

    /// <summary>What is kept, in numbers, with the latest sessions and facts.</summary>
    ValueTask<MemoryProfile> GetProfileAsync(PartitionKey partition, CancellationToken cancellationToken = default);

    /// <summary>Removes for good. Without a scope everything of the partition goes, blocks included.</summary>
    ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default);

    /// <summary>Everything that is kept of the partition.</summary>
    ValueTask<MemoryExport> ExportAsync(PartitionKey partition, CancellationToken cancellationToken = default);
}
