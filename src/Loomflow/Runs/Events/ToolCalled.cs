namespace Loomflow;

/// <summary>A tool is about to be called: every gate has let it through. Journaled before it begins.</summary>
public sealed record ToolCalled : RunEvent
{
    /// <summary>The model's id for the call.</summary>
    public required string CallId { get; init; }

    /// <summary>The tool's name.</summary>
    public required string Tool { get; init; }

    /// <summary>The arguments that it is called with.</summary>
    public Payload Arguments { get; init; }

    /// <summary>Whether the tool changes something that cannot be undone; unknown counts as yes.</summary>
    public bool Destructive { get; init; }

    /// <summary>The turn, from 0.</summary>
    public int Turn { get; init; }
}
