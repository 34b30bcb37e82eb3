using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;

namespace Loomflow.Aspire.AuditService;

/// <summary>How the log is, for health, page and callers.</summary>
internal sealed class LogStatus(AuditLog log, Checkpointer checkpointer, VerificationService verification)
{
    public LogStatusReport Get()
    {
        var state = log.State;
        var last = verification.Last;
        return new LogStatusReport
        {
            LogId = log.LogId.ToString("N"),
            Origin = log.Origin,
            Size = log.Size,
            State = state.Name,
            Reason = state.Reason,
            ActiveKey = log.ActiveKey.Id,
            QueueDepth = log.QueueDepth,
            ClockRegressions = log.ClockRegressions,
            Checkpoint = checkpointer.Latest?.Checkpoint,
            CheckpointProblem = checkpointer.Problem,
            LastVerifiedSequence = last is null ? null : last.Result.Entries - 1,
            LastVerificationTime = last?.At,
            LastVerificationSeconds = last?.Elapsed.TotalSeconds,
            Damage = state.Damage ?? last?.Result.Damage,
        };
    }
}
