namespace Loomflow;

/// <summary>
/// An agent was stopped by a limit where a finished answer was needed: as a workflow's step, or for a typed value. A partial answer
/// never flows on as if it were complete.
/// </summary>
public sealed class AgentStoppedException : Exception, IHasFailureKind
{
    internal AgentStoppedException(string agent, AgentResult result)
        : base($"Agent '{agent}' stopped after {result.Turns} turns before it had finished: {StopReasons.Text(result)}. Raise the limit, or set AgentOptions.PassPartialOutput to let what there is flow on.") =>
        Result = result;

    /// <summary>What there is.</summary>
    public AgentResult Result { get; }

    /// <inheritdoc />
    public FailureKind Kind => Result.StopReason switch
    {
        StopReason.Budget => FailureKind.Budget,
        StopReason.Guardrail or StopReason.ContentFiltered => FailureKind.Denied,
        _ => FailureKind.Capped,
    };
}
