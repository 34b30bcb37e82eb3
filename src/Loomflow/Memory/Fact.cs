namespace Loomflow;

/// <summary>Something known about the user or their world, with the time in which it holds.</summary>
public sealed record Fact
{
    /// <summary>The id, <c>fact_…</c>.</summary>
    public string Id { get; init; } = NewId();

    /// <summary>Who or what it is about. Case and outer white space do not tell subjects apart.</summary>
    public required string Subject { get; init; }

    /// <summary>The relation. Stores keep it in snake_case: <c>lives in</c> and <c>LivesIn</c> are <c>lives_in</c>.</summary>
    public required string Predicate { get; init; }

    /// <summary>The value of the relation.</summary>
    public required string Object { get; init; }

    /// <summary>How certain it is, 0 to 1.</summary>
    public double Confidence { get; init; } = 1;

    /// <summary>From when it holds.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Until when it held, exclusive; <see langword="null"/> while it holds.</summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>When it was recorded.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Ids of the episodes that it was learnt from.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Whether it held at a time.</summary>
    public bool HeldAt(DateTimeOffset time) => ValidFrom <= time && (ValidUntil is null || ValidUntil > time);

    /// <summary>A new id, sortable by time of creation.</summary>
    public static string NewId() => SortableId.New("fact");
}
