namespace Loomflow;

/// <summary>A step is about to be carried out. Journaled before it begins.</summary>
public sealed record StepStarted : RunEvent
{
    /// <summary>What it was given.</summary>
    public Payload Input { get; init; }

    /// <summary>The worker that it was sent to, or <see langword="null"/> where it runs beside the engine.</summary>
    public string? Worker { get; init; }

    /// <summary>Whether it is a <c>[Step]</c> inside another step rather than a node of the graph.</summary>
    public bool Inline { get; init; }
}
