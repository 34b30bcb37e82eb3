namespace Loomflow;

/// <summary>A guardrail blocked or changed an input, an output or a tool result.</summary>
public sealed record GuardrailBlocked : RunEvent
{
    /// <summary>The guardrail's name.</summary>
    public required string Guardrail { get; init; }

    /// <summary><c>input</c>, <c>output</c> or <c>tool_result</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
