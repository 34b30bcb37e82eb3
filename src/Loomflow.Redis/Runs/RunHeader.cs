namespace Loomflow.Redis.Runs;

/// <summary>What is known of a run from the moment it is accepted: enough for any orchestrator to begin it.</summary>
public sealed record RunHeader
{
    public required RunIdentity Run { get; init; }

    /// <summary>The workflow's name.</summary>
    public required string Workflow { get; init; }

    /// <summary>The content hash of the definition that the run is pinned to.</summary>
    public required string Definition { get; init; }

    public Payload Input { get; init; }

    /// <summary>The tone of agents that have none of their own.</summary>
    public string? ResponseTone { get; init; }

    /// <summary>The name of the memory of agents that have none of their own; absent for the workflow's, else the hosts'.</summary>
    public string? Memory { get; init; }

    /// <summary>The W3C trace context of the request, so that the run is in its trace whoever works on it.</summary>
    public string? TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The run whose journal this one goes on from, where it was forked or retried.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>When to start; absent for at once.</summary>
    public DateTimeOffset? StartAt { get; init; }
}
