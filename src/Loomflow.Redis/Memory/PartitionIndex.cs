using System.Collections.Immutable;

namespace Loomflow.Redis.Memory;

/// <summary>
/// What recall needs to know of one partition, kept in this process and brought up to date with Redis before each search.
/// </summary>
internal sealed class PartitionIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ImmutableArray<Fact>> _topics = new(StringComparer.Ordinal);
    private RecallIndex<EpisodeEntry> _episodes = new();
    private RecallIndex<Fact> _facts = new();

    /// <summary>Lets one at a time bring the index up to date.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public string Generation { get; set; } = "";

    public long Version { get; set; }

    public long LastUsed { get; set; }

    /// <summary>About how much memory the index takes.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyList<Recalled<EpisodeEntry>> SearchEpisodes(RecallQuery query, QuantizedVector? vector, double minSimilarity, Func<EpisodeEntry, bool> admit)
    {
        lock (_lock) return _episodes.Search(query.Text, vector, query.Alpha, minSimilarity, query.Limit, admit, query.Skip);
    }

    public IReadOnlyList<Recalled<Fact>> SearchFacts(FactQuery query, QuantizedVector? vector, double minSimilarity, Func<Fact, bool> admit)
    {
        lock (_lock) return _facts.Search(query.Text, vector, query.Alpha, minSimilarity, query.Limit, admit, query.Skip);
    }

    public IReadOnlyList<Fact> LatestFacts(FactQuery query, Func<Fact, bool> admit)
    {
        lock (_lock) return FactText.Latest(_facts.Items.Where(admit), query.Skip, query.Limit);
    }

    public void Clear()
    {
        lock (_lock)
        {
            _episodes = new RecallIndex<EpisodeEntry>();
            _facts = new RecallIndex<Fact>();
            _topics.Clear();
            (Generation, Version, Bytes) = ("", 0, 0);
        }
    }

    /// <summary>Takes note of episodes; one without text is gone.</summary>
    public void Apply(IEnumerable<(string Id, Episode? Episode, QuantizedVector? Vector)> episodes)
    {
        lock (_lock)
        {
            foreach (var (id, episode, vector) in episodes)
            {
                if (episode is null) _episodes.Remove(id);
                else _episodes.Put(id, MemoryTime.Milliseconds(episode.OccurredAt), MemoryText.Words(episode), vector, new EpisodeEntry(id, episode.OccurredAt));
            }

            Measure();
        }
    }

    /// <summary>Takes note of a topic's facts, each with its vector.</summary>
    public void Apply(string topic, ImmutableArray<Fact> facts, Func<Fact, QuantizedVector?> vector)
    {
        lock (_lock)
        {
            foreach (var fact in _topics.GetValueOrDefault(topic, [])) _facts.Remove(fact.Id);
            foreach (var fact in facts) _facts.Put(fact.Id, MemoryTime.Milliseconds(fact.RecordedAt), FactText.Words(fact), vector(fact), fact);
            if (facts.IsEmpty) _topics.Remove(topic);
            else _topics[topic] = facts;
            Measure();
        }
    }

    private void Measure() => Bytes = _episodes.EstimatedBytes + _facts.EstimatedBytes + 120L * _episodes.Count + 600L * _facts.Count;
}
