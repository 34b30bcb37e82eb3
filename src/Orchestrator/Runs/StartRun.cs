using System.Collections.Immutable;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>A request to start a run.</summary>
internal sealed record StartRun
{
    public required string Workflow { get; init; }

    public Payload Input { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string? ResponseTone { get; init; }

    /// <summary>The name of the memory of agents that have none of their own.</summary>
    public string? Memory { get; init; }

    public string? IdempotencyKey { get; init; }

    public RunIdentity? Parent { get; init; }

    public DateTimeOffset? StartAt { get; init; }
}
