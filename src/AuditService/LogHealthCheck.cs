using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Loomflow.Aspire.AuditService;

/// <summary>Unhealthy when the log cannot be written or is damaged; degraded when its checkpoints do not get out.</summary>
internal sealed class LogHealthCheck(LogStatus status) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = status.Get();
        var data = new Dictionary<string, object>
        {
            ["size"] = now.Size,
            ["state"] = now.State,
            ["queueDepth"] = now.QueueDepth,
            ["clockRegressions"] = now.ClockRegressions,
        };
        if (now.Checkpoint is { } checkpoint) data["checkpointSize"] = checkpoint.Size;
        if (now.LastVerifiedSequence is { } sequence) data["lastVerifiedSequence"] = sequence;

        if (now.Damage is { } damage) return Task.FromResult(HealthCheckResult.Unhealthy($"The audit log is damaged: {damage}", data: data));
        if (now.State != "open") return Task.FromResult(HealthCheckResult.Unhealthy($"The audit log is {now.State}: {now.Reason}", data: data));
        return Task.FromResult(now.CheckpointProblem is { } problem
            ? HealthCheckResult.Degraded(problem, data: data)
            : HealthCheckResult.Healthy($"{now.Size} records", data));
    }
}
