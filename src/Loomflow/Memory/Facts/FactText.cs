using System.Text;

namespace Loomflow;

/// <summary>The one form in which stores keep facts, and what tells facts apart.</summary>
internal static class FactText
{
    private const int MaxFieldLength = 2_000;
    private const int MaxSources = 20;

    /// <summary>The fact in the form that is kept.</summary>
    /// <exception cref="ArgumentException">Subject, predicate or object is empty.</exception>
    public static Fact Normalized(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        var predicate = SnakeCase(fact.Predicate);
        if (string.IsNullOrWhiteSpace(fact.Subject) || predicate.Length == 0 || string.IsNullOrWhiteSpace(fact.Object))
        {
            throw new ArgumentException(
                $"A fact needs a subject, a predicate and an object, and got '{fact.Subject}', '{fact.Predicate}', '{fact.Object}'.", nameof(fact));
        }

        return fact with
        {
            Subject = Field(fact.Subject),
            Predicate = Field(predicate),
            Object = Field(fact.Object),
            Confidence = double.IsNaN(fact.Confidence) ? 0 : Math.Clamp(fact.Confidence, 0, 1),
            ValidFrom = MemoryTime.Truncate(fact.ValidFrom),
            ValidUntil = fact.ValidUntil is { } until ? MemoryTime.Truncate(until) : null,
            RecordedAt = MemoryTime.Truncate(fact.RecordedAt),
            Sources = [.. fact.Sources.Distinct(StringComparer.Ordinal).TakeLast(MaxSources)],
        };
    }

    /// <summary>What facts supersede one another within: subject and predicate.</summary>
    public static string Topic(Fact fact) => $"{PercentEncoding.Encode(fact.Subject.ToLowerInvariant())}:{PercentEncoding.Encode(fact.Predicate)}";

    /// <summary>The words that a fact is found by.</summary>
    public static string Words(Fact fact) => $"{fact.Subject} {fact.Predicate.Replace('_', ' ')} {fact.Object}";

    /// <summary>Two sightings of one fact as one.</summary>
    public static Fact Strengthened(Fact kept, Fact again) => kept with
    {
        Confidence = Math.Max(kept.Confidence, again.Confidence),
        ValidUntil = again.ValidUntil is { } end && !(kept.ValidUntil < end) ? end : kept.ValidUntil,
        Sources = [.. kept.Sources.Concat(again.Sources).Distinct(StringComparer.Ordinal).TakeLast(MaxSources)],
    };

    /// <summary>The facts recorded last, newest first.</summary>
    public static IReadOnlyList<Fact> Latest(IEnumerable<Fact> facts, int skip, int limit) => [.. facts
        .OrderByDescending(fact => fact.RecordedAt).ThenByDescending(fact => fact.Id, StringComparer.Ordinal)
        .Skip(skip).Take(limit)];

    /// <summary>The facts in the order in which they were recorded.</summary>
    public static IEnumerable<Fact> InOrder(IEnumerable<Fact> facts) =>
        facts.OrderBy(fact => fact.RecordedAt).ThenBy(fact => fact.Id, StringComparer.Ordinal);

    private static string Field(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length <= MaxFieldLength ? trimmed : MemoryText.Cut(trimmed, MaxFieldLength);
    }

    private static string SnakeCase(string? text)
    {
        var snake = new StringBuilder();
        var previous = '_';
        foreach (var unit in text ?? "")
        {
            if (!char.IsLetterOrDigit(unit))
            {
                if (previous != '_') snake.Append('_');
                previous = '_';
                continue;
            }

            if (char.IsUpper(unit) && previous != '_' && !char.IsUpper(previous)) snake.Append('_');
            snake.Append(char.ToLowerInvariant(unit));
            previous = unit;
        }

        return snake.ToString().TrimEnd('_');
    }
}
