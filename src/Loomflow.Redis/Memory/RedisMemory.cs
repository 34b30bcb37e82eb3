using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>
/// Memory in Redis, the same for every process that is given the same server and key prefix. Plain Redis is enough; where the server has the
/// search module, it finds the episodes.
/// </summary>
public sealed partial class RedisMemory : IMemory, IDisposable
{
    private const string Store = "redis";
    private readonly RedisMemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MemoryDatabase _database;
    private readonly MemoryEmbedder _embedder;
    private readonly PartitionIndexes _indexes;
    private readonly SearchModule _search;
    private readonly RedisEpisodes _episodes;
    private readonly RedisFacts _facts;
    private readonly RedisBlocks _blocks;
    private readonly SemaphoreSlim _detection = new(1, 1);
    private volatile object? _mode;

    /// <summary>Creates the store. Nothing is asked of the server before the first call.</summary>
    /// <param name="connection">The connection; stays the caller's.</param>
    /// <param name="options">Bounds, retention and keys.</param>
    /// <param name="embedder">Makes vectors of texts; <see cref="HashEmbedder"/> where it is <see langword="null"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears how recall works and of embedders that fail.</param>
    public RedisMemory(
        IConnectionMultiplexer connection,
        RedisMemoryOptions? options = null,
        IEmbeddingGenerator<string, Embedding<float>>? embedder = null,
        TimeProvider? time = null,
        ILogger<RedisMemory>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _options = (options ?? new RedisMemoryOptions()).Validated();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<RedisMemory>.Instance;
        _database = new MemoryDatabase(connection, _options);
        _embedder = new MemoryEmbedder(embedder, _options.Bounds.EmbeddingTimeout, _time, _logger);
        _indexes = new PartitionIndexes(_database, _options, _time);
        _search = new SearchModule(_database, _options, _embedder);
        _episodes = new RedisEpisodes(_database, _options.Bounds, _time);
        _facts = new RedisFacts(_database, _options.Bounds, _time);
        _blocks = new RedisBlocks(_database, _options.Bounds, _time);
    }

    /// <summary>How episodes are found; <see langword="null"/> until the server was first asked.</summary>
    public RecallMode? Mode => (RecallMode?)_mode;

    internal int CachedIndexes => _indexes.Count;

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("get_blocks", partition, keys => _blocks.ReadAllAsync(keys, cancellationToken));

    /// <inheritdoc />
    public async ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(content);
        await Run("set_block", partition, keys => _blocks.WriteAsync(keys, name, content, append: false, cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(content);
        await Run("append_block", partition, keys => _blocks.WriteAsync(keys, name, content, append: true, cancellationToken));
    }

    /// <inheritdoc />
    public ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Run("remove_block", partition, keys => _blocks.RemoveAsync(keys, name, cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
    {
        var bounded = MemoryText.Bounded(episode, _options.Bounds);
        var vector = await _embedder.EmbedAsync(MemoryText.Words(bounded), cancellationToken);
        await Run("remember", partition, async keys =>
        {
            var document = await GetModeAsync(cancellationToken) == RecallMode.SearchModule ? _search.Document(keys, bounded, vector) : null;
            var madeRoom = await _episodes.PutAsync(keys, bounded, vector, document, cancellationToken);
            if (document is not null) await _search.RemoveAsync(keys, madeRoom, cancellationToken);
            return true;
        });
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Recalled<Episode>>> RecallAsync(PartitionKey partition, RecallQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        if (query.Limit == 0) return [];
        if (string.IsNullOrWhiteSpace(query.Text)) return await Run("recall", partition, keys => _episodes.NewestAsync(keys, query, cancellationToken));

        var vector = query.Alpha > 0 ? await _embedder.EmbedAsync(query.Text, cancellationToken) : null;
        return await Run("recall", partition, async keys =>
        {
            var found = await SearchAsync(partition, keys, query, vector, cancellationToken);
            return await _episodes.ReadAsync(keys, found, cancellationToken);
        });
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return Run("get_session", partition, keys => _episodes.SessionAsync(keys, sessionId, Math.Min(limit, QueryBounds.MaxLimit), cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default)
    {
        var normalized = FactText.Normalized(fact);
        var vector = await _embedder.EmbedAsync(FactText.Words(normalized), cancellationToken);
        return (await Run("learn", partition, keys => _facts.LearnAsync(keys, normalized, vector, "", cancellationToken)))!;
    }

    /// <inheritdoc />
    public async ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(episodeId);
        var normalized = FactText.Normalized(fact);
        var vector = await _embedder.EmbedAsync(FactText.Words(normalized), cancellationToken);
        return await Run("learn", partition, keys => _facts.LearnAsync(keys, normalized, vector, episodeId, cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Recalled<Fact>>> RecallFactsAsync(PartitionKey partition, FactQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        if (query.Limit == 0) return [];
        var hasText = !string.IsNullOrWhiteSpace(query.Text);
        var vector = hasText && query.Alpha > 0 ? await _embedder.EmbedAsync(query.Text, cancellationToken) : null;
        return await Run<IReadOnlyList<Recalled<Fact>>>("recall_facts", partition, async keys =>
        {
            await GetModeAsync(cancellationToken);
            var index = await _indexes.FollowAsync(partition, keys, cancellationToken);
            var now = _time.GetUtcNow();
            var kept = _facts.Kept();
            bool IsWanted(Fact fact) => query.Admits(fact, now) && kept(fact);
            return hasText
                ? index.SearchFacts(query, vector, _options.Bounds.MinSimilarity, IsWanted)
                : [.. index.LatestFacts(query, IsWanted).Select(fact => new Recalled<Fact>(fact, 1))];
        });
    }

    /// <inheritdoc />
    public ValueTask<MemoryProfile> GetProfileAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("get_profile", partition, async keys =>
        {
            var reading = _facts.ReadAllAsync(keys, cancellationToken);
            var counts = (RedisResult[])(await _database.RunAsync(
                MemoryScripts.Profile, keys, cancellationToken, MemoryTime.Milliseconds(_episodes.Oldest()), MemoryLimits.ProfileLength))!;
            var facts = await reading;
            var now = _time.GetUtcNow();
            return new MemoryProfile(
                (int)counts[0], facts.Count, (int)counts[1],
                [.. ((string[])counts[2]!).Select(EpisodeCodec.SessionId)],
                FactText.Latest(facts.Where(fact => fact.HeldAt(now)), skip: 0, MemoryLimits.ProfileLength));
        });

    /// <inheritdoc />
    public ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default) =>
        Run("forget", partition, async keys =>
        {
            var hasDocuments = await GetModeAsync(cancellationToken) == RecallMode.SearchModule;
            var receipt = scope is null or { IsEverything: true }
                ? await ForgetAllAsync(keys, hasDocuments, cancellationToken)
                : await ForgetScopeAsync(keys, scope, hasDocuments, cancellationToken);
            await _indexes.DropAsync(partition, keys, cancellationToken);
            return receipt;
        });

    /// <inheritdoc />
    public ValueTask<MemoryExport> ExportAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Run("export", partition, async keys => new MemoryExport
        {
            UserId = partition.UserId,
            ExportedAt = _time.GetUtcNow(),
            Blocks = await _blocks.ReadAllAsync(keys, cancellationToken),
            Facts = await _facts.ReadAllAsync(keys, cancellationToken),
            Episodes = await _episodes.ReadAllAsync(keys, cancellationToken),
        });

    /// <summary>How episodes are found. Asks the server the first time.</summary>
    /// <exception cref="MemoryUnavailableException">The server cannot be reached.</exception>
    public async ValueTask<RecallMode> GetModeAsync(CancellationToken cancellationToken = default)
    {
        if (_mode is RecallMode known) return known;
        await _detection.WaitAsync(cancellationToken);
        try
        {
            if (_mode is RecallMode found) return found;
            var mode = await _search.DetectAsync(cancellationToken) ? RecallMode.SearchModule : RecallMode.InProcessIndex;
            _indexes.Reset(withEpisodes: mode == RecallMode.InProcessIndex);
            _mode = mode;
            Log.RecallMode(_logger, mode);
            return mode;
        }
        finally
        {
            _detection.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _indexes.Dispose();

    internal async Task<RecallMode> PingAsync(CancellationToken cancellationToken)
    {
        await _database.CallAsync(redis => redis.PingAsync(), cancellationToken);
        return await GetModeAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<Recalled<EpisodeEntry>>> SearchAsync(
        PartitionKey partition, MemoryKeys keys, RecallQuery query, QuantizedVector? vector, CancellationToken cancellationToken)
    {
        var oldest = _episodes.Oldest();
        if (await GetModeAsync(cancellationToken) == RecallMode.SearchModule) return await _search.SearchAsync(keys, query, vector, oldest, cancellationToken);
        var index = await _indexes.FollowAsync(partition, keys, cancellationToken);
        return index.SearchEpisodes(query, vector, _options.Bounds.MinSimilarity, entry => entry.OccurredAt >= oldest && query.Admits(entry.OccurredAt));
    }

    private async Task<ForgetReceipt> ForgetScopeAsync(MemoryKeys keys, ForgetScope scope, bool hasDocuments, CancellationToken cancellationToken)
    {
        // Episodes first: from one that is gone nobody learns another fact.
        var episodes = 0;
        await foreach (var removed in _episodes.ForgetAsync(keys, scope, cancellationToken))
        {
            episodes += removed.Length;
            if (hasDocuments) await _search.RemoveAsync(keys, removed, cancellationToken);
        }

        var facts = scope.HasFacts ? await _facts.ForgetAsync(keys, scope.Includes, cancellationToken) : 0;
        var blocks = scope is { HasBlocks: true, Before: { } before } ? await _blocks.ForgetAsync(keys, before, cancellationToken) : 0;
        return new ForgetReceipt(episodes, facts, blocks);
    }

    private async Task<ForgetReceipt> ForgetAllAsync(MemoryKeys keys, bool hasDocuments, CancellationToken cancellationToken)
    {
        // Documents go first: were this process to die in between, the ids that lead to them would still be there.
        if (hasDocuments)
        {
            var ids = await _database.CallAsync(redis => redis.SortedSetRangeByRankAsync(keys.EpisodesByTime), cancellationToken);
            await _search.RemoveAsync(keys, ids, cancellationToken);
        }

        var counts = (RedisResult[])(await _database.RunAsync(MemoryScripts.ForgetAll, keys, cancellationToken))!;
        if (hasDocuments) await _search.RemoveAsync(keys, (RedisValue[])counts[3]!, cancellationToken);
        return new ForgetReceipt((int)counts[0], (int)counts[1], (int)counts[2]);
    }

    private ValueTask<T> Run<T>(string operation, PartitionKey partition, Func<MemoryKeys, Task<T>> call) =>
        MemoryMetrics.MeasureAsync(Store, operation, () => new ValueTask<T>(call(new MemoryKeys(_options.KeyPrefix, partition))));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Memory in Redis finds episodes by {Mode}.")]
        public static partial void RecallMode(ILogger logger, RecallMode mode);
    }
}
