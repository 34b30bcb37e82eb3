using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>
/// The indexes of the users that this process works for. Following a partition costs one round trip, which says what has changed since; only the
/// first time, or after too many changes, is everything read. The least recently used make room.
/// </summary>
internal sealed class PartitionIndexes : IDisposable
{
    private const int PageSize = 500;
    private const int MaxAttempts = 5;

    private readonly ConcurrentDictionary<PartitionKey, PartitionIndex> _indexes = new();
    private readonly MemoryDatabase _database;
    private readonly RedisMemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly RedisChannel _forgotten;
    private readonly SemaphoreSlim _subscribing = new(1, 1);
    private volatile bool _listens;

    public PartitionIndexes(MemoryDatabase database, RedisMemoryOptions options, TimeProvider time)
    {
        _database = database;
        _options = options;
        _time = time;
        _forgotten = RedisChannel.Literal($"{options.KeyPrefix}:forgotten");
        _sweep = time.CreateTimer(static state => ((PartitionIndexes)state!).DropIdle(), this, options.IndexCacheIdle, options.IndexCacheIdle);
    }

    /// <summary>How many indexes there are.</summary>
    public int Count => _indexes.Count;

    /// <summary>Whether indexes hold episodes: not where the search module finds them.</summary>
    public bool WithEpisodes { get; private set; } = true;

    /// <summary>Drops all indexes and says what they are to hold from now on.</summary>
    public void Reset(bool withEpisodes)
    {
        WithEpisodes = withEpisodes;
        _indexes.Clear();
    }

    /// <summary>The partition's index, with everything that was written before the call.</summary>
    public async Task<PartitionIndex> FollowAsync(PartitionKey partition, MemoryKeys keys, CancellationToken cancellationToken)
    {
        if (!_listens) await ListenAsync(cancellationToken);
        var index = _indexes.GetOrAdd(partition, _ => new PartitionIndex());
        await index.Gate.WaitAsync(cancellationToken);
        try
        {
            index.LastUsed = _time.GetTimestamp();
            for (var attempt = 0; attempt < MaxAttempts && !await TryFollowAsync(index, keys, cancellationToken); attempt++)
            {
                await LoadAsync(index, keys, cancellationToken);
            }
        }
        finally
        {
            index.Gate.Release();
        }

        MakeRoom(index);
        return index;
    }

    /// <summary>Drops a partition's index, here and in the other processes: words of what was forgotten do not stay in anybody's memory.</summary>
    public async Task DropAsync(PartitionKey partition, MemoryKeys keys, CancellationToken cancellationToken)
    {
        _indexes.TryRemove(partition, out _);
        await _database.CallAsync(redis => redis.PublishAsync(_forgotten, keys.Tag), cancellationToken);
    }

    public void Dispose() => _sweep.Dispose();

    // Who cannot hear at the moment, or misses a message, drops the index with the next recall, or when it is idle.
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await _subscribing.WaitAsync(cancellationToken);
        try
        {
            if (_listens) return;
            await _database.SubscribeAsync(_forgotten, tag => _indexes.TryRemove(PartitionKey.Decode(tag), out _), cancellationToken);
            _listens = true;
        }
        finally
        {
            _subscribing.Release();
        }
    }

    private async Task<bool> TryFollowAsync(PartitionIndex index, MemoryKeys keys, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await _database.RunAsync(
            MemoryScripts.Follow, keys, cancellationToken, index.Generation, index.Version, WithEpisodes ? 1 : 0))!;
        switch ((string?)reply[0])
        {
            case "empty":
                index.Clear();
                return true;
            case "same":
                Apply(index, (RedisResult[])reply[3]!);
                index.Version = (long)reply[2];
                return true;
            default:
                index.Clear();
                index.Generation = (string)reply[1]!;
                index.Version = (long)reply[2];
                return false;
        }
    }

    private static void Apply(PartitionIndex index, RedisResult[] changes)
    {
        if (changes.Length == 0) return;
        MemoryMetrics.IndexRead("delta");
        foreach (var change in changes.Select(change => (RedisValue[])change!))
        {
            var id = (string)change[1]!;
            if (change[0] == "e")
            {
                index.Apply([(id, EpisodeCodec.Read(change[2]), Vector(change[3]))]);
                continue;
            }

            var facts = TopicCodec.Read(change[2]);
            index.Apply(id, facts, fact => Vector(change[3 + facts.IndexOf(fact)]));
        }
    }

    // What changes meanwhile is in the log: the index is as of the version that was read first, and is followed from there.
    private async Task LoadAsync(PartitionIndex index, MemoryKeys keys, CancellationToken cancellationToken)
    {
        MemoryMetrics.IndexRead("load");
        var topics = await _database.CallAsync(database => database.HashGetAllAsync(keys.Topics), cancellationToken);
        var vectors = (await _database.CallAsync(database => database.HashGetAllAsync(keys.FactVectors), cancellationToken))
            .ToDictionary(entry => (string)entry.Name!, entry => entry.Value, StringComparer.Ordinal);
        foreach (var topic in topics)
        {
            index.Apply((string)topic.Name!, TopicCodec.Read(topic.Value), fact => Vector(vectors.GetValueOrDefault(fact.Id)));
        }

        if (!WithEpisodes) return;
        await foreach (var page in ReadEpisodesAsync(_database, keys, cancellationToken))
        {
            index.Apply(page.Select(entry => ((string)entry.Id!, EpisodeCodec.Read(entry.Body), Vector(entry.Vector))));
        }
    }

    /// <summary>All episodes, oldest first, in pages.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<(RedisValue Id, RedisValue Body, RedisValue Vector)>> ReadEpisodesAsync(
        MemoryDatabase database, MemoryKeys keys, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ids = await database.CallAsync(redis => redis.SortedSetRangeByRankAsync(keys.EpisodesByTime), cancellationToken);
        foreach (var page in ids.Chunk(PageSize))
        {
            var bodies = database.CallAsync(redis => redis.HashGetAsync(keys.Episodes, page), cancellationToken);
            var vectors = database.CallAsync(redis => redis.HashGetAsync(keys.EpisodeVectors, page), cancellationToken);
            await Task.WhenAll(bodies, vectors);
            yield return [.. page.Zip(await bodies, await vectors)];
        }
    }

    private void MakeRoom(PartitionIndex current)
    {
        var bytes = _indexes.Sum(entry => entry.Value.Bytes);
        if (bytes <= _options.IndexCacheBytes) return;
        foreach (var (partition, index) in _indexes.Where(entry => entry.Value != current).OrderBy(entry => entry.Value.LastUsed).ToList())
        {
            if (bytes <= _options.IndexCacheBytes) return;
            if (_indexes.TryRemove(partition, out _)) bytes -= index.Bytes;
        }
    }

    private void DropIdle()
    {
        foreach (var entry in _indexes)
        {
            if (_time.GetElapsedTime(entry.Value.LastUsed) >= _options.IndexCacheIdle) _indexes.TryRemove(entry);
        }
    }

    private static QuantizedVector? Vector(RedisValue bytes) => bytes.IsNullOrEmpty ? null : QuantizedVector.FromBytes(((ReadOnlyMemory<byte>)bytes).Span);
}
