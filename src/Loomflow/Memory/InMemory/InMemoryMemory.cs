using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow;

/// <summary>Memory in this process: gone with it, and shared by everything that is given the same instance.</summary>
public sealed class InMemoryMemory : IMemory
{
    private const string Store = "in_memory";
    private readonly ConcurrentDictionary<PartitionKey, InMemoryPartition> _partitions = new();
    private readonly MemoryOptions _options;
    private readonly MemoryEmbedder _embedder;
    private readonly TimeProvider _time;
    private readonly int _maxPartitions;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="options">Bounds and retention.</param>
    /// <param name="embedder">Makes vectors of texts; <see cref="HashEmbedder"/> where it is <see langword="null"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of embedders that fail.</param>
    /// <param name="maxPartitions">How many partitions are kept; those not used for longest make room.</param>
    public InMemoryMemory(
        MemoryOptions? options = null,
        IEmbeddingGenerator<string, Embedding<float>>? embedder = null,
        TimeProvider? time = null,
        ILogger<InMemoryMemory>? logger = null,
        int maxPartitions = 100_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPartitions, 1);
        _options = (options ?? new MemoryOptions()).Validated();
        _time = time ?? TimeProvider.System;
        _maxPartitions = maxPartitions;
        _embedder = new MemoryEmbedder(embedder, _options.EmbeddingTimeout, _time, logger ?? NullLogger<InMemoryMemory>.Instance);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("get_blocks", partition, kept => kept.GetBlocks(), cancellationToken);

    /// <inheritdoc />
    public async ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(content);
        await Run("set_block", partition, kept => kept.SetBlock(name, content, append: false), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(content);
        await Run("append_block", partition, kept => kept.SetBlock(name, content, append: true), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Run("remove_block", partition, kept => kept.RemoveBlock(name), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
    {
        var bounded = MemoryText.Bounded(episode, _options);
        var vector = await _embedder.EmbedAsync(MemoryText.Words(bounded), cancellationToken).ConfigureAwait(false);
        await Run("remember", partition, kept => kept.Remember(bounded, vector), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Recalled<Episode>>> RecallAsync(PartitionKey partition, RecallQuery query, CancellationToken cancellationToken = default)
    {
        query.Validate();
        var vector = query.Alpha > 0 ? await _embedder.EmbedAsync(query.Text, cancellationToken).ConfigureAwait(false) : null;
        return await Run("recall", partition, kept => kept.Recall(query, vector), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return Run("get_session", partition, kept => kept.GetSession(sessionId, limit), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default)
    {
        var normalized = FactText.Normalized(fact);
        var vector = await _embedder.EmbedAsync(FactText.Words(normalized), cancellationToken).ConfigureAwait(false);
        return await Run("learn", partition, kept => kept.Learn(normalized, vector), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(episodeId);
        var normalized = FactText.Normalized(fact);
        var vector = await _embedder.EmbedAsync(FactText.Words(normalized), cancellationToken).ConfigureAwait(false);
        return await Run("learn", partition, kept => kept.Holds(episodeId) ? kept.Learn(normalized, vector) : null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Recalled<Fact>>> RecallFactsAsync(PartitionKey partition, FactQuery query, CancellationToken cancellationToken = default)
    {
        query.Validate();
        var vector = query.Alpha > 0 ? await _embedder.EmbedAsync(query.Text, cancellationToken).ConfigureAwait(false) : null;
        return await Run("recall_facts", partition, kept => kept.RecallFacts(query, vector), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<MemoryProfile> GetProfileAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("get_profile", partition, kept => kept.GetProfile(), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default) =>
        Run("forget", partition, kept => kept.Forget(scope ?? new ForgetScope()), cancellationToken);

    /// <inheritdoc />
    public ValueTask<MemoryExport> ExportAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("export", partition, kept => kept.Export(partition), cancellationToken);

    private ValueTask<T> Run<T>(string operation, PartitionKey partition, Func<InMemoryPartition, T> action, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return MemoryMetrics.MeasureAsync(Store, operation, () =>
        {
            var kept = _partitions.GetOrAdd(partition, _ => new InMemoryPartition(_options, _time));
            lock (kept.Lock)
            {
                var result = action(kept.Used());
                if (_partitions.Count > _maxPartitions) MakeRoom(partition);
                return ValueTask.FromResult(result);
            }
        });
    }

    // A hundredth at a time, so that the search for the least recently used is paid for by many calls.
    private void MakeRoom(PartitionKey current)
    {
        var excess = _partitions.Count - _maxPartitions + _maxPartitions / 100;
        foreach (var (partition, _) in _partitions.Where(entry => entry.Key != current).OrderBy(entry => entry.Value.LastUsed).Take(excess).ToList())
        {
            _partitions.TryRemove(partition, out _);
        }
    }
}
