using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Episodes in Redis, by id, by time and by conversation.</summary>
internal sealed class RedisEpisodes(MemoryDatabase database, MemoryOptions options, TimeProvider time)
{
    private const int ForgottenAtOnce = 500;

    /// <summary>The time of the oldest episode that is kept.</summary>
    public DateTimeOffset Oldest() => MemoryTime.Cutoff(time.GetUtcNow(), options.EpisodeRetention) ?? DateTimeOffset.MinValue;

    /// <summary>Keeps an episode, and gives the ids of those that made room for it.</summary>
    public async Task<RedisValue[]> PutAsync(MemoryKeys keys, Episode episode, QuantizedVector? vector, SearchDocument? document, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            episode.Id, EpisodeCodec.Place(episode), EpisodeCodec.Json(episode), vector?.ToBytes() ?? RedisValue.EmptyString,
            MemoryTime.Milliseconds(episode.OccurredAt), options.MaxEpisodes, MemoryTime.Milliseconds(Oldest()),
            .. document?.Arguments ?? [],
        ];
        RedisKey[] all = document is null ? keys.All : [.. keys.All, keys.Document(episode.Id)];
        return (RedisValue[])(await database.RunAsync(MemoryScripts.Remember, all, cancellationToken, arguments))!;
    }

    public async Task<IReadOnlyList<Recalled<Episode>>> ReadAsync(
        MemoryKeys keys, IReadOnlyList<Recalled<EpisodeEntry>> found, CancellationToken cancellationToken)
    {
        if (found.Count == 0) return [];
        RedisValue[] ids = [.. found.Select(entry => (RedisValue)entry.Item.Id)];
        var bodies = await database.CallAsync(redis => redis.HashGetAsync(keys.Episodes, ids), cancellationToken);

        // One that was forgotten since it was found is left out.
        return [.. found.Zip(bodies.Select(EpisodeCodec.Read)).Where(pair => pair.Second is not null)
            .Select(pair => new Recalled<Episode>(pair.Second!, pair.First.Score))];
    }

    public async Task<IReadOnlyList<Recalled<Episode>>> NewestAsync(MemoryKeys keys, RecallQuery query, CancellationToken cancellationToken)
    {
        var from = query.From > Oldest() ? query.From.Value : Oldest();
        var bodies = await database.RunAsync(
            MemoryScripts.Newest, keys, cancellationToken,
            MemoryTime.Milliseconds(Ceiling(from)), query.Until is { } until ? MemoryTime.Milliseconds(Ceiling(until)) : "+inf", query.Limit, query.Skip);
        return [.. Read(bodies).Select(episode => new Recalled<Episode>(episode, 1))];
    }

    public async Task<IReadOnlyList<Episode>> SessionAsync(MemoryKeys keys, string sessionId, int limit, CancellationToken cancellationToken)
    {
        var bodies = await database.RunAsync(
            MemoryScripts.Session, keys, cancellationToken, EpisodeCodec.Session(sessionId), MemoryTime.Sortable(Ceiling(Oldest())), limit);
        return [.. Read(bodies).Reverse()];
    }

    public async Task<IReadOnlyList<Episode>> ReadAllAsync(MemoryKeys keys, CancellationToken cancellationToken)
    {
        var oldest = Oldest();
        var episodes = new List<Episode>();
        await foreach (var page in PartitionIndexes.ReadEpisodesAsync(database, keys, cancellationToken))
        {
            episodes.AddRange(page.Select(entry => EpisodeCodec.Read(entry.Body)).OfType<Episode>().Where(episode => episode.OccurredAt >= oldest));
        }

        return episodes;
    }

    /// <summary>Removes what is in scope, a page at a time, so that no other user waits for it; gives the ids.</summary>
    public async IAsyncEnumerable<RedisValue[]> ForgetAsync(
        MemoryKeys keys, ForgetScope scope, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!scope.HasEpisodes) yield break;
        if (scope.EpisodeId is { } one)
        {
            if (await ReadAsync(keys, one, cancellationToken) is { } episode && scope.Includes(episode)) yield return await ForgetAsync(keys, "", "", one, cancellationToken);
            yield break;
        }

        var session = scope.SessionId is { } id ? EpisodeCodec.Session(id) : "";
        var before = scope.Before is { } time ? MemoryTime.Sortable(Ceiling(time)) : "";
        RedisValue[] removed;
        do
        {
            removed = await ForgetAsync(keys, session, before, "", cancellationToken);
            yield return removed;
        }
        while (removed.Length == ForgottenAtOnce);
    }

    private async Task<RedisValue[]> ForgetAsync(MemoryKeys keys, string session, string before, string one, CancellationToken cancellationToken) =>
        (RedisValue[])(await database.RunAsync(MemoryScripts.ForgetEpisodes, keys, cancellationToken, session, before, ForgottenAtOnce, one))!;

    private async Task<Episode?> ReadAsync(MemoryKeys keys, string id, CancellationToken cancellationToken) =>
        EpisodeCodec.Read(await database.CallAsync(redis => redis.HashGetAsync(keys.Episodes, id), cancellationToken));

    private static IEnumerable<Episode> Read(RedisResult bodies) => ((RedisValue[])bodies!).Select(EpisodeCodec.Read).OfType<Episode>();

    // Episodes are kept to the millisecond: a bound inside one is the next whole one.
    private static DateTimeOffset Ceiling(DateTimeOffset time) =>
        MemoryTime.Truncate(time) is var whole && whole == time ? time : whole.AddMilliseconds(1);
}
