using System.Collections.Immutable;

namespace Loomflow;

/// <summary>
/// The facts of one topic (subject and predicate) in the order in which they came to hold. Pure: the stores only see to it that nobody
/// else changes the topic between reading and writing it.
/// </summary>
internal static class FactTimeline
{
    private const int MaxLength = 20;

    /// <summary>
    /// Puts a fact in its place: the one before it holds until then, and it holds until the next. The object that held at that time anyway
    /// is strengthened instead.
    /// </summary>
    public static (ImmutableArray<Fact> Timeline, Fact Kept) Learn(ImmutableArray<Fact> timeline, Fact fact)
    {
        timeline = timeline.RemoveAll(other => other.Id == fact.Id);
        var next = timeline.TakeWhile(other => other.ValidFrom <= fact.ValidFrom).Count();
        if (next > 0)
        {
            var previous = timeline[next - 1];
            if (previous.HeldAt(fact.ValidFrom) && string.Equals(previous.Object, fact.Object, StringComparison.OrdinalIgnoreCase))
            {
                var strengthened = FactText.Strengthened(previous, fact);
                return (timeline.SetItem(next - 1, strengthened), strengthened);
            }

            timeline = timeline.SetItem(next - 1, EndedBy(previous, fact.ValidFrom));
        }

        var kept = next < timeline.Length ? EndedBy(fact, timeline[next].ValidFrom) : fact;
        timeline = timeline.Insert(next, kept);
        return (timeline.Length > MaxLength ? timeline.RemoveRange(0, timeline.Length - MaxLength) : timeline, kept);
    }

    /// <summary>The timeline without what ceased to hold before a time.</summary>
    public static ImmutableArray<Fact> Pruned(ImmutableArray<Fact> timeline, DateTimeOffset? endedBefore) =>
        endedBefore is { } cutoff ? timeline.RemoveAll(fact => fact.ValidUntil < cutoff) : timeline;

    private static Fact EndedBy(Fact fact, DateTimeOffset end) =>
        fact.ValidUntil is { } until && until <= end ? fact : fact with { ValidUntil = end };
}
