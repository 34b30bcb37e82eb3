using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>A run as it is when nobody waits for it any longer.</summary>
/// <param name="Run">Its record.</param>
/// <param name="State">What its journal says, where that is at hand: the run has ended here. It can be read from the journal otherwise.</param>
internal sealed record RunOutcome(RunRecord Run, RunSnapshot? State = null);
