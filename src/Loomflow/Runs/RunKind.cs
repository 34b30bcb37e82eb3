namespace Loomflow;

/// <summary>What runs: the two peers.</summary>
public enum RunKind
{
    /// <summary>A deterministic graph.</summary>
    Workflow,

    /// <summary>A model's loop of turns and tool calls.</summary>
    Agent,
}
