using System.Collections.Immutable;

namespace Loomflow;

/// <summary>Who and what a run is: fixed when it starts, and the same in every process that works on it.</summary>
public sealed record RunIdentity
{
    private static readonly ImmutableDictionary<string, string> s_noMetadata = ImmutableDictionary<string, string>.Empty;

    /// <summary>The run's id, <c>run_…</c>; sortable by time of creation.</summary>
    public required string RunId { get; init; }

    /// <summary>The run that everything began with; the run's own id where it has no parent.</summary>
    public string RootRunId { get => field ?? RunId; init; }

    /// <summary>The run that started this one as a child, or <see langword="null"/>.</summary>
    public string? ParentRunId { get; init; }

    /// <summary>The name of the workflow or agent that runs.</summary>
    public required string Name { get; init; }

    /// <summary>Whose run it is.</summary>
    public PartitionKey Partition { get; init; }

    /// <summary>The conversation that the run belongs to, <c>sess_…</c> where none was given.</summary>
    public required string SessionId { get; init; }

    /// <summary>Free text pairs from the caller; inherited by nested runs.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = s_noMetadata;

    /// <summary>A new run id.</summary>
    public static string NewRunId() => SortableId.New("run");

    /// <summary>A new session id.</summary>
    public static string NewSessionId() => SortableId.New("sess");
}
