namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>A request was refused, and why in words that name what was wrong and the way out.</summary>
internal sealed class RunRefusedException(RunRefusal refusal, string message, Exception? inner = null) : Exception(message, inner)
{
    public RunRefusal Refusal { get; } = refusal;

    public static RunRefusedException UnknownWorkflow(string name, IEnumerable<string> known) => new(
        RunRefusal.UnknownWorkflow,
        $"There is no workflow '{name}'. Known are: {string.Join(", ", known.Select(other => $"'{other}'"))}.");

    public static RunRefusedException UnknownMemory(string name) => new(
        RunRefusal.UnknownMemory,
        $"There is no memory '{name}': leave 'memory' out for the workflow's, or add a section 'Memories:{name}' to the configuration of orchestrators and workers.");

    public static RunRefusedException UnfitInput(IWorkflow workflow, PayloadException unfit) => new(
        RunRefusal.UnfitInput,
        $"The input does not fit workflow '{workflow.Name}': {unfit.Message}",
        unfit);

    public static RunRefusedException KeyReused(string runId) => new(
        RunRefusal.KeyReused,
        $"The idempotency key was used for run {runId} with another workflow or input: use a new key for a new run.");

    public static RunRefusedException NoSuchRun(string runId) => new(RunRefusal.NoSuchRun, $"There is no run '{runId}'.");

    public static RunRefusedException JournalTrimmed(string runId) => new(RunRefusal.JournalTrimmed, $"The journal of run {runId} has been trimmed: how the run ended is still known, and the audit log has the rest.");

    /// <summary>Nothing can be accepted durably; no run is lost because none was accepted.</summary>
    public static RunRefusedException StoreAway(Exception? why = null) => new(RunRefusal.StoreAway, "The store is not reachable right now; runs that were accepted are safe. Try again.", why);

    public static RunRefusedException BadCursor(string cursor) => new(RunRefusal.BadCursor, $"'{cursor}' is not a cursor of this list: pass the one of the last page as it was given, or none to begin with the newest.");
}
