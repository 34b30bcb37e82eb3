namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Why a run was not accepted.</summary>
internal enum RunRefusal
{
    UnknownWorkflow,
    UnfitInput,
    UnknownMemory,
    KeyReused,
}

/// <summary>A run was not accepted, and why in words that name the way out.</summary>
internal sealed class RunRefusedException : Exception
{
    private RunRefusedException(RunRefusal refusal, string message, Exception? inner = null) : base(message, inner) => Refusal = refusal;

    public RunRefusal Refusal { get; }

    public static RunRefusedException UnknownWorkflow(string name, IEnumerable<string> known) => new(
        RunRefusal.UnknownWorkflow,
        $"There is no workflow '{name}'. Known are: {string.Join(", ", known.Select(other => $"'{other}'"))}.");

    public static RunRefusedException UnfitInput(IWorkflow workflow, PayloadException unfit) => new(
        RunRefusal.UnfitInput,
        $"The input does not fit workflow '{workflow.Name}': {unfit.Message}",
        unfit);

    public static RunRefusedException UnknownMemory(string name) => new(
        RunRefusal.UnknownMemory,
        $"There is no memory '{name}': leave 'memory' out for the workflow's, or add a section 'Memories:{name}' to the configuration of orchestrators and workers.");

    public static RunRefusedException KeyReused(string runId) => new(
        RunRefusal.KeyReused,
        $"The idempotency key was used for run {runId} with another workflow or input: use a new key for a new run.");
}
