namespace Loomflow;

/// <summary>Which episodes to recall.</summary>
/// <param name="Text">What they should be about; empty for the newest.</param>
/// <param name="Limit">How many at most.</param>
public sealed record RecallQuery(string Text, int Limit = 5)
{
    /// <summary>Only episodes at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only episodes before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How many of the first to leave out: those that an earlier page had. 0.</summary>
    public int Skip { get; init; }

    /// <summary>How much likeness of meaning counts against shared words: 0 is words alone, 1 meaning alone.</summary>
    public double Alpha { get; init; } = 0.5;

    internal void Validate() => QueryBounds.Validate(Text, Limit, Skip, Alpha);

    internal bool Admits(Episode episode) => Admits(episode.OccurredAt);

    internal bool Admits(DateTimeOffset at) => !(at < From) && !(at >= Until);
}
