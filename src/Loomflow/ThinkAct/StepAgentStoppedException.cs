namespace Loomflow.ThinkAct;

/// <summary>A limit stands against the rest of a run. Ends it with a result, so it never reaches the caller.</summary>
internal sealed class StepAgentStoppedException(StopReason reason, string? detail)
    : Exception($"The agent was stopped: {StopReasons.Text(reason, detail)}."), IHasFailureKind
{
    public StopReason Reason { get; } = reason;

    public string? Detail { get; } = detail;

    public FailureKind Kind => Reason switch
    {
        StopReason.Budget => FailureKind.Budget,
        StopReason.Guardrail or StopReason.ContentFiltered => FailureKind.Denied,
        _ => FailureKind.Capped,
    };
}
