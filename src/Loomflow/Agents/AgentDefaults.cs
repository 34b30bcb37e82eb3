namespace Loomflow;

/// <summary>What a host has its agents do that do not say otherwise themselves: register one among the services of a run (<see cref="RunContext.Services"/>).</summary>
public sealed record AgentDefaults
{
    /// <summary>Whether agents without <see cref="AgentOptions.FrameToolOutput"/> show the model what tools return as untrusted text.</summary>
    public bool FrameToolOutput { get; init; } = true;
}
