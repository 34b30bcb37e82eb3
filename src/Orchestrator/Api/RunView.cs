using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>A run as the API shows it.</summary>
internal sealed record RunView
{
    public required string Id { get; init; }

    public required string RootRunId { get; init; }

    public string? ParentRunId { get; init; }

    public string? ForkedFrom { get; init; }

    public required string Workflow { get; init; }

    public required string Definition { get; init; }

    public required RunStatus Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>How many runs are before it in line, while it stands in one.</summary>
    public long? RunsBefore { get; init; }

    public string? UserId { get; init; }

    public required string SessionId { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public Payload Input { get; init; }

    public Payload Output { get; init; }

    public Failure? Failure { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? TraceId { get; init; }

    public required long LastSequence { get; init; }

    /// <summary>The names of the nodes in the order in which they were done.</summary>
    public IReadOnlyList<string>? Visited { get; init; }

    /// <summary>Every visit to every node, nested workflows included.</summary>
    public IReadOnlyList<NodeVisitView>? History { get; init; }

    public Usage? Usage { get; init; }

    /// <param name="run">The run's record.</param>
    /// <param name="state">What its journal says, or <see langword="null"/> to leave that out.</param>
    public static RunView Of(RunRecord run, RunSnapshot? state) => new()
    {
        Id = run.Header.Run.RunId,
        RootRunId = run.Header.Run.RootRunId,
        ParentRunId = run.Header.Run.ParentRunId,
        ForkedFrom = run.Header.ForkedFrom,
        Workflow = run.Header.Workflow,
        Definition = run.Header.Definition,
        Status = run.Status,
        Reason = run.Reason,
        UserId = run.Header.Run.Partition.UserId,
        SessionId = run.Header.Run.SessionId,
        Metadata = run.Header.Run.Metadata.Count > 0 ? run.Header.Run.Metadata : null,
        Input = run.Header.Input,
        Output = run.Output,
        Failure = run.Failure,
        CreatedAt = run.Header.CreatedAt,
        StartedAt = state is { LastSequence: > 0 } ? state.StartedAt : null,
        EndedAt = state is { Status: not (RunStatus.Running or RunStatus.Queued) } ? state.EndedAt : null,
        TraceId = run.Header.TraceParent is { Length: > 35 } parent ? parent[3..35] : null,
        LastSequence = run.Sequence,
        Visited = state?.Visited,
        History = state?.History.Select(NodeVisitView.Of).ToArray(),
        Usage = state?.Usage,
    };
}
