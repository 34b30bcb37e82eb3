namespace Loomflow;

/// <summary>A durable timer was set.</summary>
public sealed record TimerSet : RunEvent
{
    /// <summary>When it fires.</summary>
    public DateTimeOffset Due { get; init; }
}
