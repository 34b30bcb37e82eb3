namespace Loomflow;

/// <summary>What an author says about a tool.</summary>
public sealed record ToolOptions
{
    /// <summary>The name shown to models; the method's when left out.</summary>
    public string? Name { get; init; }

    /// <summary>What it does and when to call it; the method's <see cref="System.ComponentModel.DescriptionAttribute"/> when left out.</summary>
    public string? Description { get; init; }

    /// <summary>What a call does to the world.</summary>
    public ToolEffect Effect { get; init; } = ToolEffect.None;

    /// <summary>How long one call may take; the agent's <see cref="AgentOptions.ToolTimeout"/> when left out.</summary>
    public TimeSpan? Timeout { get; init; }
}
