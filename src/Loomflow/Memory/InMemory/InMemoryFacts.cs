using System.Collections.Immutable;

namespace Loomflow;

/// <summary>The facts of one partition, by topic.</summary>
internal sealed class InMemoryFacts(MemoryOptions options)
{
    private readonly Dictionary<string, ImmutableArray<Fact>> _topics = new(StringComparer.Ordinal);
    private readonly RecallIndex<Fact> _index = new();

    public int Count => _index.Count;

    public Fact Learn(Fact fact, QuantizedVector? vector)
    {
        var topic = FactText.Topic(fact);
        var before = _topics.GetValueOrDefault(topic, []);
        var (after, kept) = FactTimeline.Learn(before, fact);
        Replace(topic, before, after, fact.Id, vector);
        while (_index.Count > options.MaxFacts) Replace(OldestTopic(), []);
        return kept;
    }

    public IReadOnlyList<Recalled<Fact>> Recall(FactQuery query, QuantizedVector? vector, DateTimeOffset now) => string.IsNullOrWhiteSpace(query.Text)
        ? [.. FactText.Latest(_index.Items.Where(fact => query.Admits(fact, now)), query.Skip, query.Limit).Select(fact => new Recalled<Fact>(fact, 1))]
        : _index.Search(query.Text, vector, query.Alpha, options.MinSimilarity, query.Limit, fact => query.Admits(fact, now), query.Skip);

    public IReadOnlyList<Fact> Latest(DateTimeOffset at, int limit) => FactText.Latest(_index.Items.Where(fact => fact.HeldAt(at)), skip: 0, limit);

    public IReadOnlyList<Fact> All() => [.. FactText.InOrder(_index.Items)];

    public void RemoveEndedBefore(DateTimeOffset? cutoff)
    {
        if (cutoff is not null) RemoveAll(fact => fact.ValidUntil < cutoff);
    }

    public int Forget(ForgetScope scope) => RemoveAll(scope.Includes);

    private int RemoveAll(Predicate<Fact> condemned)
    {
        var count = _index.Count;
        foreach (var (topic, timeline) in _topics.Where(topic => topic.Value.Any(fact => condemned(fact))).ToList())
        {
            Replace(topic, timeline.RemoveAll(condemned));
        }

        return count - _index.Count;
    }

    private string OldestTopic() => _topics
        .OrderBy(topic => topic.Value.Max(fact => fact.RecordedAt)).ThenBy(topic => topic.Key, StringComparer.Ordinal).First().Key;

    private void Replace(string topic, ImmutableArray<Fact> after) => Replace(topic, _topics[topic], after, learnt: null, vector: null);

    private void Replace(string topic, ImmutableArray<Fact> before, ImmutableArray<Fact> after, string? learnt, QuantizedVector? vector)
    {
        foreach (var gone in before.Where(fact => after.All(kept => kept.Id != fact.Id))) _index.Remove(gone.Id);
        foreach (var fact in after)
        {
            var isKept = _index.TryGetVector(fact.Id, out var kept);
            if (!isKept || !before.Contains(fact)) _index.Put(fact.Id, fact.RecordedAt.ToUnixTimeMilliseconds(), FactText.Words(fact), fact.Id == learnt ? vector : kept, fact);
        }

        if (after.IsEmpty) _topics.Remove(topic);
        else _topics[topic] = after;
    }
}
