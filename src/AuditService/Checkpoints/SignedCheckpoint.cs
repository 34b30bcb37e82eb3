using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>A checkpoint and the note that carries it.</summary>
internal sealed record SignedCheckpoint(string Note, Checkpoint Checkpoint);
