namespace Loomflow;

/// <summary>What to forget. Conditions that are set must all hold.</summary>
public sealed record ForgetScope
{
    /// <summary>Only episodes of this conversation; facts and blocks stay.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only what is older: episodes by time, facts by when they were recorded, blocks by when they were last written.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only this episode, and the facts that were learnt from it and from no other.</summary>
    public string? EpisodeId { get; init; }

    /// <summary>Only this fact.</summary>
    public string? FactId { get; init; }

    internal bool IsEverything => this is { SessionId: null, Before: null, EpisodeId: null, FactId: null };

    internal bool HasEpisodes => FactId is null;

    internal bool HasFacts => SessionId is null;

    internal bool HasBlocks => this is { SessionId: null, EpisodeId: null, FactId: null };

    internal bool Includes(Episode episode) =>
        HasEpisodes
        && (SessionId is null || episode.SessionId == SessionId)
        && (EpisodeId is null || episode.Id == EpisodeId)
        && !(episode.OccurredAt >= Before);

    internal bool Includes(Fact fact) =>
        HasFacts
        && (FactId is null || fact.Id == FactId)
        && (EpisodeId is null || (fact.Sources.Count > 0 && fact.Sources.All(source => source == EpisodeId)))
        && !(fact.RecordedAt >= Before);

    internal bool Includes(MemoryBlock block) => HasBlocks && !(block.UpdatedAt >= Before);
}
