namespace Loomflow;

/// <summary>Bounds and retention of a memory store. The same options mean the same in every store.</summary>
public sealed record MemoryOptions
{
    /// <summary>Episodes kept of one partition; the oldest make room. 10,000.</summary>
    public int MaxEpisodes { get; init; } = 10_000;

    /// <summary>Facts kept of one partition, those that no longer hold included; the ones recorded first make room. 2,000.</summary>
    public int MaxFacts { get; init; } = 2_000;

    /// <summary>Working blocks of one partition. 20.</summary>
    public int MaxBlocks { get; init; } = 20;

    /// <summary>Characters of one working block. 8,000.</summary>
    public int MaxBlockLength { get; init; } = 8_000;

    /// <summary>
    /// Characters of an episode's input, of its output, and of all of its tool calls together; what is beyond is cut off, and tool calls that do not
    /// fit are left out. 16,000.
    /// </summary>
    public int MaxTextLength { get; init; } = 16_000;

    /// <summary>How long episodes are kept after they took place; <see langword="null"/> for as long as there is room.</summary>
    public TimeSpan? EpisodeRetention { get; init; }

    /// <summary>How long facts are kept after they ceased to hold; <see langword="null"/> for as long as there is room.</summary>
    public TimeSpan? EndedFactRetention { get; init; }

    /// <summary>How long everything of a partition is kept after the last write to it; <see langword="null"/> for ever.</summary>
    public TimeSpan? IdleRetention { get; init; }

    /// <summary>
    /// The least cosine similarity at which something counts as similar in meaning. It depends on the embedder: 0.3 suits
    /// <see cref="HashEmbedder"/> and most current models.
    /// </summary>
    public double MinSimilarity { get; init; } = 0.3;

    /// <summary>How long to wait for an embedder; recall then goes by words alone. 5 seconds.</summary>
    public TimeSpan EmbeddingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal MemoryOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEpisodes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFacts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBlocks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBlockLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTextLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinSimilarity, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MinSimilarity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(EmbeddingTimeout, TimeSpan.Zero);
        Positive(EpisodeRetention, nameof(EpisodeRetention));
        Positive(EndedFactRetention, nameof(EndedFactRetention));
        Positive(IdleRetention, nameof(IdleRetention));
        return this;
    }

    private static void Positive(TimeSpan? value, string name)
    {
        if (value < TimeSpan.FromMilliseconds(1))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least a millisecond; null keeps things without a time limit.");
        }
    }
}
