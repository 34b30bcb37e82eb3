namespace Loomflow;

/// <summary>How much of memory goes into a prompt.</summary>
public sealed record MemoryInjectionOptions
{
    /// <summary>Tokens for everything from memory together. Blocks come first, then as much of the rest as fits. 2,000.</summary>
    public int TokenBudget { get; init; } = 2_000;

    /// <summary>How many facts at most. 5.</summary>
    public int Facts { get; init; } = 5;

    /// <summary>How many recalled episodes at most. 3.</summary>
    public int Episodes { get; init; } = 3;

    /// <summary>How many earlier exchanges of the same conversation at most; each is a question and an answer. 10.</summary>
    public int SessionEpisodes { get; init; } = 10;

    /// <summary>Whether tool calls of earlier exchanges are shown to the model again.</summary>
    public bool IncludeToolCalls { get; init; } = true;

    /// <summary>After this time something recalled counts half as much as when it was new. 30 days.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(30);
}
