namespace Loomflow;

/// <summary>Where a guardrail looks.</summary>
[Flags]
public enum GuardrailStage
{
    /// <summary>What the agent is given.</summary>
    Input = 1,

    /// <summary>What the agent answers.</summary>
    Output = 2,

    /// <summary>What tools return, before the model sees it.</summary>
    ToolResult = 4,
}
