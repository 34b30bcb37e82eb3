using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService;

/// <summary>How the log is at one moment.</summary>
internal sealed record LogStatusReport
{
    public required string LogId { get; init; }

    public required string Origin { get; init; }

    public required long Size { get; init; }

    public required string State { get; init; }

    public string? Reason { get; init; }

    public required string ActiveKey { get; init; }

    public int QueueDepth { get; init; }

    public long ClockRegressions { get; init; }

    public Checkpoint? Checkpoint { get; init; }

    public string? CheckpointProblem { get; init; }

    public long? LastVerifiedSequence { get; init; }

    public DateTimeOffset? LastVerificationTime { get; init; }

    public double? LastVerificationSeconds { get; init; }

    public AuditDamage? Damage { get; init; }
}
