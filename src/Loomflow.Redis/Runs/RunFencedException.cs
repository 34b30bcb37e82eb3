namespace Loomflow.Redis.Runs;

/// <summary>Another orchestrator has taken the run over; what this one wanted to write was refused.</summary>
public sealed class RunFencedException(string runId, long epoch)
    : Exception($"Run {runId} has been taken over: epoch {epoch} may not write any more.");
