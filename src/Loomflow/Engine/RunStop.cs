namespace Loomflow;

/// <summary>Why an execution stopped driving a run.</summary>
public enum RunStopKind
{
    /// <summary>The run has reached its terminal event.</summary>
    Ended,

    /// <summary>Nothing is under way and nothing can be until something comes from outside, or a timer is due.</summary>
    Idle,

    /// <summary>The host asked to let go of the run; another one may take it.</summary>
    Released,
}

/// <summary>Why an execution stopped driving a run, and when the run has to be looked at again.</summary>
/// <param name="Kind">Why.</param>
/// <param name="DueAt">The next timer of an idle run; <see langword="null"/> when it waits for a person or a signal alone.</param>
public readonly record struct RunStop(RunStopKind Kind, DateTimeOffset? DueAt = null);
