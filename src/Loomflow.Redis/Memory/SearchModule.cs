using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>
/// Recall by the server's search module: a document for each episode, found by full text and by nearest vectors. What is kept of the
/// episode itself stays where it is without the module.
/// </summary>
internal sealed class SearchModule(MemoryDatabase database, RedisMemoryOptions options, MemoryEmbedder embedder)
{
    private const int PoolSize = 50;
    private readonly string _vectorField = $"v{embedder.Id:x8}";
    private readonly ConcurrentDictionary<string, bool> _created = new(StringComparer.Ordinal);

    /// <summary>Asks the server whether it has the module.</summary>
    public async Task<bool> DetectAsync(CancellationToken cancellationToken)
    {
        if (!options.UseSearchModule || options.Bounds.IdleRetention is not null) return false;
        try
        {
            await database.CallAsync(redis => redis.ExecuteAsync("FT._LIST"), cancellationToken);
            return true;
        }
        catch (MemoryUnavailableException failure) when (failure.InnerException is RedisServerException or RedisCommandException && !RedisAway.IsLoading(failure.InnerException))
        {
            // An unknown command, or one that this user may not call: recall does without.
            return false;
        }
    }

    public SearchDocument Document(MemoryKeys keys, Episode episode, QuantizedVector? vector) =>
        new(keys.Tag, string.Join(' ', Words.Of(MemoryText.Words(episode))), _vectorField, vector is null ? RedisValue.EmptyString : Bytes(vector));

    /// <summary>The ids of the best matches, best first.</summary>
    public async Task<IReadOnlyList<Recalled<EpisodeEntry>>> SearchAsync(
        MemoryKeys keys, RecallQuery query, QuantizedVector? vector, DateTimeOffset oldest, CancellationToken cancellationToken)
    {
        var index = await EnsureIndexAsync(vector?.Dimensions ?? embedder.Dimensions, cancellationToken);
        await EnsureDocumentsAsync(keys, cancellationToken);

        var pool = Math.Max(PoolSize, query.Skip + query.Limit);
        var filter = Filter(keys.Tag, query, oldest);
        var words = query.Alpha < 1 ? ByWordsAsync(index, keys, filter, query.Text, pool, cancellationToken) : Task.FromResult<List<string>>([]);
        var meaning = query.Alpha > 0 && vector is not null ? ByMeaningAsync(index, keys, filter, vector, pool, cancellationToken) : Task.FromResult<List<string>>([]);
        await Task.WhenAll(words, meaning);

        var fused = new Dictionary<string, double>(StringComparer.Ordinal);
        ReciprocalRank.Fuse(fused, await words, 1 - query.Alpha);
        ReciprocalRank.Fuse(fused, await meaning, query.Alpha);
        return [.. fused.OrderByDescending(match => match.Value).ThenByDescending(match => match.Key, StringComparer.Ordinal).Skip(query.Skip).Take(query.Limit)
            .Select(match => new Recalled<EpisodeEntry>(new EpisodeEntry(match.Key, default), match.Value))];
    }

    public async Task RemoveAsync(MemoryKeys keys, IEnumerable<RedisValue> episodeIds, CancellationToken cancellationToken)
    {
        foreach (var page in episodeIds.Chunk(500))
        {
            RedisKey[] documents = [.. page.Select(id => keys.Document((string)id!))];
            await database.CallAsync(redis => redis.KeyDeleteAsync(documents), cancellationToken);
        }
    }

    internal static string Filter(string tag, RecallQuery query, DateTimeOffset oldest)
    {
        var from = query.From > oldest ? query.From.Value : oldest;
        var until = query.Until is { } end ? $"({MemoryTime.Milliseconds(end)}" : "+inf";
        return string.Create(CultureInfo.InvariantCulture, $"@p:{{{Escaped(tag)}}} @at:[{MemoryTime.Milliseconds(from)} {until}]");
    }

    private async Task<List<string>> ByWordsAsync(string index, MemoryKeys keys, string filter, string text, int count, CancellationToken cancellationToken)
    {
        var words = string.Join('|', Words.Of(text).Distinct(StringComparer.Ordinal));
        if (words.Length == 0) return [];
        var reply = await database.CallAsync(
            redis => redis.ExecuteAsync(
                "FT.SEARCH", index, $"{filter} @t:({words})", "NOCONTENT", "SCORER", "BM25", "LIMIT", 0, count, "DIALECT", 2),
            cancellationToken);
        return [.. ((RedisResult[])reply!).Skip(1).Select(key => keys.EpisodeOf((string)key!)).OfType<string>()];
    }

    private async Task<List<string>> ByMeaningAsync(
        string index, MemoryKeys keys, string filter, QuantizedVector vector, int count, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await database.CallAsync(
            redis => redis.ExecuteAsync(
                "FT.SEARCH", index, $"({filter})=>[KNN {count} @{_vectorField} $v AS d]", "PARAMS", 2, "v", Bytes(vector),
                "RETURN", 1, "d", "SORTBY", "d", "ASC", "LIMIT", 0, count, "DIALECT", 2),
            cancellationToken))!;

        // The total, and then for each document its key and ["d", distance].
        var near = new List<string>();
        for (var i = 1; i + 1 < reply.Length; i += 2)
        {
            var fields = (RedisValue[])reply[i + 1]!;
            var similarity = 1 - double.Parse((string)fields[Array.IndexOf(fields, "d") + 1]!, CultureInfo.InvariantCulture);
            if (similarity >= options.Bounds.MinSimilarity && keys.EpisodeOf((string)reply[i]!) is { } id) near.Add(id);
        }

        return near;
    }

    // How long vectors are may be known only once there is one: until then there is an index of words alone.
    private async Task<string> EnsureIndexAsync(int? dimensions, CancellationToken cancellationToken)
    {
        var name = dimensions is null ? $"{options.KeyPrefix}-idx:words" : $"{options.KeyPrefix}-idx:{embedder.Id:x8}";
        if (_created.ContainsKey(name)) return name;
        object[] vectors = dimensions is null ? [] : [_vectorField, "VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", dimensions, "DISTANCE_METRIC", "COSINE"];
        object[] arguments =
        [
            // Documents hold the words that recall goes by, without the commonest: the module is to leave out no others.
            name, "ON", "HASH", "PREFIX", 1, MemoryKeys.DocumentPrefix(options.KeyPrefix), "STOPWORDS", 0, "SCHEMA",
            "p", "TAG", "CASESENSITIVE", "t", "TEXT", "at", "NUMERIC", .. vectors,
        ];
        try
        {
            await database.CallAsync(redis => redis.ExecuteAsync("FT.CREATE", arguments), cancellationToken);
        }
        catch (MemoryUnavailableException failure) when (failure.InnerException?.Message.Contains("exists", StringComparison.OrdinalIgnoreCase) == true)
        {
            // Another process was first, or this is not the first start.
        }

        _created.TryAdd(name, true);
        return name;
    }

    // Episodes that were remembered without the module, or with another embedder, get their documents when they are first asked for.
    private async Task EnsureDocumentsAsync(MemoryKeys keys, CancellationToken cancellationToken)
    {
        if (await database.CallAsync(redis => redis.HashGetAsync(keys.Meta, "documents"), cancellationToken) == _vectorField) return;
        await foreach (var page in PartitionIndexes.ReadEpisodesAsync(database, keys, cancellationToken))
        {
            var writes = page.Select(entry => (Id: (string)entry.Id!, Episode: EpisodeCodec.Read(entry.Body), entry.Vector))
                .Where(entry => entry.Episode is not null)
                .Select(entry => WriteAsync(keys, entry.Id, entry.Episode!, Usable(entry.Vector), cancellationToken));
            await Task.WhenAll(writes);
        }

        await database.CallAsync(redis => redis.HashSetAsync(keys.Meta, "documents", _vectorField), cancellationToken);
    }

    private Task<bool> WriteAsync(MemoryKeys keys, string id, Episode episode, QuantizedVector? vector, CancellationToken cancellationToken)
    {
        var document = Document(keys, episode, vector);
        HashEntry[] fields =
        [
            new("p", document.Partition), new("t", document.Text), new("at", MemoryTime.Milliseconds(episode.OccurredAt)),
            .. vector is null ? (HashEntry[])[] : [new(_vectorField, document.Vector)],
        ];
        return database.CallAsync(
            async redis =>
            {
                await redis.HashSetAsync(keys.Document(id), fields);
                return options.Bounds.EpisodeRetention is { } kept && await redis.KeyExpireAsync(keys.Document(id), kept);
            },
            cancellationToken);
    }

    private QuantizedVector? Usable(RedisValue bytes) =>
        bytes.IsNullOrEmpty || QuantizedVector.FromBytes(((ReadOnlyMemory<byte>)bytes).Span) is not { } vector || vector.Embedder != embedder.Id ? null : vector;

    private static byte[] Bytes(QuantizedVector vector) => MemoryMarshal.AsBytes(vector.ToFloats().AsSpan()).ToArray();

    private static string Escaped(string tag) => string.Concat(tag.Select(unit => char.IsAsciiLetterOrDigit(unit) ? $"{unit}" : $"\\{unit}"));
}
