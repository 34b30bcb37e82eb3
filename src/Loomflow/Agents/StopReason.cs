namespace Loomflow;

/// <summary>Why an agent stopped. A limit is an outcome and not an error.</summary>
public enum StopReason
{
    /// <summary>It finished its answer.</summary>
    Completed,

    /// <summary><see cref="AgentOptions.MaxTurns"/> was reached.</summary>
    MaxTurns,

    /// <summary>A budget was used up.</summary>
    Budget,

    /// <summary>A guardrail blocked its input or output.</summary>
    Guardrail,

    /// <summary>The model's answer was cut off at its length limit.</summary>
    Truncated,

    /// <summary>The provider refused to go on.</summary>
    ContentFiltered,

    /// <summary>The stop hooks sent it back to work <see cref="AgentOptions.MaxStopHookIterations"/> times.</summary>
    StopHooksExhausted,
}
