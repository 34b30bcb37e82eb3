namespace Loomflow;

/// <summary>One exchange with an agent: what it was asked and what it answered.</summary>
public sealed record Episode
{
    /// <summary>The id, <c>ep_…</c>. Take one that is the same on every attempt where the work may be repeated.</summary>
    public string Id { get; init; } = NewId();

    /// <summary>The conversation.</summary>
    public required string SessionId { get; init; }

    /// <summary>When it took place. Stores keep it to the millisecond.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>What the agent was given.</summary>
    public required string Input { get; init; }

    /// <summary>What the agent answered.</summary>
    public required string Output { get; init; }

    /// <summary>The agent's name, or <see langword="null"/>.</summary>
    public string? Agent { get; init; }

    /// <summary>The run, or <see langword="null"/>.</summary>
    public string? RunId { get; init; }

    /// <summary>The tools that were called on the way, in order.</summary>
    public IReadOnlyList<EpisodeToolCall> ToolCalls { get; init; } = [];

    /// <summary>A new id, sortable by time of creation.</summary>
    public static string NewId() => SortableId.New("ep");
}
