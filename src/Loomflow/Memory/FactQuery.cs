namespace Loomflow;

/// <summary>Which facts to recall.</summary>
/// <param name="Text">What they should be about; empty for those recorded last.</param>
/// <param name="Limit">How many at most.</param>
public sealed record FactQuery(string Text, int Limit = 5)
{
    /// <summary>Facts that held at this time; <see langword="null"/> for those that hold now.</summary>
    public DateTimeOffset? ValidAt { get; init; }

    /// <summary>Facts of any time, those that hold no more included; <see cref="ValidAt"/> is not looked at then.</summary>
    public bool AnyTime { get; init; }

    /// <summary>How many of the first to leave out: those that an earlier page had. 0.</summary>
    public int Skip { get; init; }

    /// <summary>How much likeness of meaning counts against shared words: 0 is words alone, 1 meaning alone.</summary>
    public double Alpha { get; init; } = 0.5;

    internal bool Admits(Fact fact, DateTimeOffset now) => AnyTime || fact.HeldAt(ValidAt ?? now);

    internal void Validate() => QueryBounds.Validate(Text, Limit, Skip, Alpha);
}
