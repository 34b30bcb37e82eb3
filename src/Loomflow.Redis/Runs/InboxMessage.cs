namespace Loomflow.Redis.Runs;

/// <summary>Something for a run from outside. Durable until the journal accounts for it.</summary>
public sealed record InboxMessage
{
    /// <summary>A signal.</summary>
    public SignalReceived? Signal { get; init; }

    /// <summary>The answer to a question.</summary>
    public ApprovalDecided? Decided { get; init; }

    /// <summary>Why the run is to stop.</summary>
    public string? Cancel { get; init; }
}
