namespace Loomflow;

/// <summary>
/// The run, or a nested workflow, is to end before its time: somebody asked, it took too long, or a cap was reached. Nothing begins
/// any more; what is under way is told to stop. A step's failure needs no such event, it says the same by itself.
/// </summary>
public sealed record RunStopping : RunEvent
{
    /// <summary>Who or what asked, where it is a cancellation.</summary>
    public string? Reason { get; init; }

    /// <summary>What was wrong, where it is a failure.</summary>
    public Failure? Failure { get; init; }
}
