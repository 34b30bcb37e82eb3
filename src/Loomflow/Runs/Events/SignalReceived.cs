namespace Loomflow;

/// <summary>A signal came in. It is kept until a step waits for its name.</summary>
public sealed record SignalReceived : RunEvent
{
    /// <summary>The signal's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it carries.</summary>
    public Payload Data { get; init; }

    /// <summary>Who sent it.</summary>
    public string? Sender { get; init; }

    /// <summary>The sender's own id for it; a second one with the same id is ignored.</summary>
    public string? SignalId { get; init; }
}
