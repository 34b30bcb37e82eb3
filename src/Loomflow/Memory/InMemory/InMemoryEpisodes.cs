namespace Loomflow;

/// <summary>The episodes of one partition.</summary>
internal sealed class InMemoryEpisodes(MemoryOptions options)
{
    private readonly RecallIndex<Episode> _index = new();
    private readonly SortedSet<(DateTimeOffset At, string Id)> _byTime = new(InOrder);
    private readonly Dictionary<string, SortedSet<(DateTimeOffset At, string Id)>> _sessions = new(StringComparer.Ordinal);

    public int Count => _index.Count;

    public bool Holds(string id) => _index.TryGet(id, out _);

    public void Put(Episode episode, QuantizedVector? vector)
    {
        Remove(episode.Id);
        _index.Put(episode.Id, episode.OccurredAt.ToUnixTimeMilliseconds(), MemoryText.Words(episode), vector, episode);
        _byTime.Add((episode.OccurredAt, episode.Id));
        if (!_sessions.TryGetValue(episode.SessionId, out var session)) _sessions.Add(episode.SessionId, session = new(InOrder));
        session.Add((episode.OccurredAt, episode.Id));
        while (_index.Count > options.MaxEpisodes) Remove(_byTime.Min.Id);
    }

    public IReadOnlyList<Recalled<Episode>> Recall(RecallQuery query, QuantizedVector? vector) => string.IsNullOrWhiteSpace(query.Text)
        ? [.. _byTime.Reverse().Select(Get).Where(query.Admits).Skip(query.Skip).Take(query.Limit).Select(episode => new Recalled<Episode>(episode, 1))]
        : _index.Search(query.Text, vector, query.Alpha, options.MinSimilarity, query.Limit, query.Admits, query.Skip);

    public IReadOnlyList<Episode> GetSession(string sessionId, int limit) =>
        _sessions.TryGetValue(sessionId, out var session) ? [.. session.Reverse().Take(limit).Select(Get).Reverse()] : [];

    public IReadOnlyList<string> LatestSessions(int limit) =>
        [.. _sessions.OrderByDescending(session => session.Value.Max.At).ThenByDescending(session => session.Key, StringComparer.Ordinal).Take(limit).Select(session => session.Key)];

    public IReadOnlyList<Episode> All() => [.. _byTime.Select(Get)];

    public void RemoveOlderThan(DateTimeOffset? cutoff)
    {
        while (_byTime.Count > 0 && _byTime.Min.At < cutoff) Remove(_byTime.Min.Id);
    }

    public int Forget(ForgetScope scope)
    {
        var ids = _byTime.Select(Get).Where(scope.Includes).Select(episode => episode.Id).ToList();
        foreach (var id in ids) Remove(id);
        return ids.Count;
    }

    private static readonly Comparer<(DateTimeOffset At, string Id)> InOrder = Comparer<(DateTimeOffset At, string Id)>.Create((a, b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Id, b.Id));

    private Episode Get((DateTimeOffset At, string Id) entry)
    {
        _index.TryGet(entry.Id, out var episode);
        return episode;
    }

    private void Remove(string id)
    {
        if (!_index.TryGet(id, out var episode)) return;
        _index.Remove(id);
        _byTime.Remove((episode.OccurredAt, id));
        var session = _sessions[episode.SessionId];
        session.Remove((episode.OccurredAt, id));
        if (session.Count == 0) _sessions.Remove(episode.SessionId);
    }
}
