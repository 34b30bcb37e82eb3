namespace Loomflow;

/// <summary>What comes to a run from outside its scheduler.</summary>
internal enum ArrivalKind
{
    /// <summary>A step's code returned or threw.</summary>
    StepEnded,

    /// <summary>A visit is due: its delay, pause or approval deadline is over.</summary>
    Due,

    /// <summary>The time that a visit's attempt may take is over.</summary>
    LimitReached,

    /// <summary>A router or the conditions of a node have chosen, or failed to.</summary>
    Chosen,

    /// <summary>A person answered.</summary>
    Decided,

    /// <summary>A signal came.</summary>
    Signalled,

    /// <summary>Somebody asked the run to stop.</summary>
    CancelRequested,

    /// <summary>The run has taken as long as it may.</summary>
    RunTimedOut,

    /// <summary>Steps that were told to stop have had the time to do so.</summary>
    GraceOver,
}

/// <summary>One thing that came to a run.</summary>
internal readonly record struct Arrival(ArrivalKind Kind)
{
    public Frame? Frame { get; init; }

    public NodeVisit? Visit { get; init; }

    /// <summary>Which attempt of the visit it belongs to; what comes from an earlier one is out of date.</summary>
    public int Attempt { get; init; }

    public object? Value { get; init; }

    public Exception? Error { get; init; }

    public Usage? Usage { get; init; }
}
