namespace Loomflow;

/// <summary>A step is done. Once this is journaled the step never runs again.</summary>
public sealed record StepCompleted : RunEvent
{
    /// <summary>The result.</summary>
    public Payload Output { get; init; }

    /// <summary>What it consumed, nested runs included.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>Whether it is a <c>[Step]</c> inside another step rather than a node of the graph.</summary>
    public bool Inline { get; init; }

    /// <summary>Fingerprint of an inline step's arguments, so that a result is not replayed for other arguments.</summary>
    public string? ArgumentsHash { get; init; }
}
