using System.Collections.Immutable;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>
/// Facts in Redis. What a new fact changes is worked out here, and written by a script that does so only where nobody else has changed the topic
/// meanwhile; otherwise it is worked out again.
/// </summary>
internal sealed class RedisFacts(MemoryDatabase database, MemoryOptions options, TimeProvider time)
{
    private const int MaxAttempts = 100;
    private const int Conflict = 0;
    private const int Written = 1;

    /// <summary>Whether a fact is kept, by the retention.</summary>
    public Func<Fact, bool> Kept()
    {
        var cutoff = Cutoff();
        return fact => !(fact.ValidUntil < cutoff);
    }

    /// <summary>Keeps a fact; gives nothing where the episode that it was taken from, if it is named, is not there.</summary>
    public async Task<Fact?> LearnAsync(MemoryKeys keys, Fact fact, QuantizedVector? vector, string episode, CancellationToken cancellationToken)
    {
        var topic = FactText.Topic(fact);
        var cutoff = Cutoff();
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var found = (RedisValue[])(await database.RunAsync(
                MemoryScripts.ReadTopics, keys, cancellationToken, topic, cutoff is { } oldest ? MemoryTime.Milliseconds(oldest) : RedisValue.EmptyString))!;
            var (timeline, kept) = FactTimeline.Learn(FactTimeline.Pruned(TopicCodec.Read(found[0]), cutoff), fact);
            var changes = new List<TopicChange> { new(topic, found[0], timeline) };
            for (var i = 1; i + 1 < found.Length; i += 2)
            {
                if (found[i] != topic) changes.Add(new TopicChange(found[i], found[i + 1], FactTimeline.Pruned(TopicCodec.Read(found[i + 1]), cutoff)));
            }

            var written = await WriteAsync(keys, changes, fact.Id, vector, episode, cancellationToken);
            if (written != Conflict) return written == Written ? kept : null;
        }

        throw new MemoryUnavailableException($"Others changed what is known about '{fact.Subject}' and '{fact.Predicate}' {MaxAttempts} times in a row.");
    }

    public async Task<int> ForgetAsync(MemoryKeys keys, Func<Fact, bool> isCondemned, CancellationToken cancellationToken)
    {
        var removed = 0;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var topics = await database.CallAsync(redis => redis.HashGetAllAsync(keys.Topics), cancellationToken);
            var changes = topics
                .Select(topic => (topic.Name, Before: topic.Value, Facts: TopicCodec.Read(topic.Value)))
                .Where(topic => topic.Facts.Any(isCondemned))
                .Select(topic => (topic.Facts, Change: new TopicChange(topic.Name, topic.Before, topic.Facts.RemoveAll(fact => isCondemned(fact)))))
                .ToList();
            if (changes.Count == 0) return removed;
            foreach (var page in changes.Chunk(100))
            {
                if (await WriteAsync(keys, page.Select(entry => entry.Change), "", null, "", cancellationToken) != Written) continue;
                removed += page.Sum(entry => entry.Facts.Length - entry.Change.After.Length);
            }
        }

        throw new MemoryUnavailableException($"Others changed facts {MaxAttempts} times in a row while some were to be forgotten.");
    }

    public async Task<IReadOnlyList<Fact>> ReadAllAsync(MemoryKeys keys, CancellationToken cancellationToken)
    {
        var topics = await database.CallAsync(redis => redis.HashGetAllAsync(keys.Topics), cancellationToken);
        return [.. FactText.InOrder(topics.SelectMany(topic => TopicCodec.Read(topic.Value)).Where(Kept()))];
    }

    private async Task<int> WriteAsync(
        MemoryKeys keys, IEnumerable<TopicChange> changes, string learnt, QuantizedVector? vector, string episode, CancellationToken cancellationToken)
    {
        var arguments = new List<RedisValue> { options.MaxFacts, learnt, vector?.ToBytes() ?? RedisValue.EmptyString, episode };
        foreach (var change in changes)
        {
            arguments.AddRange(change.Name, change.Before, TopicCodec.Write(change.After));
            arguments.Add(change.After.IsEmpty ? RedisValue.EmptyString : MemoryTime.Milliseconds(change.After.Max(fact => fact.RecordedAt)));
            arguments.Add(change.After.Min(fact => fact.ValidUntil) is { } end ? MemoryTime.Milliseconds(end) : RedisValue.EmptyString);
        }

        return (int)await database.RunAsync(MemoryScripts.WriteTopics, keys, cancellationToken, [.. arguments]);
    }

    private DateTimeOffset? Cutoff() => MemoryTime.Cutoff(time.GetUtcNow(), options.EndedFactRetention);

    private readonly record struct TopicChange(RedisValue Name, RedisValue Before, ImmutableArray<Fact> After);
}
