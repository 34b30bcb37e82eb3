namespace Loomflow;

/// <summary>Where a run stands. The last four are terminal: a run reaches exactly one of them, once.</summary>
public enum RunStatus
{
    /// <summary>Accepted and waiting for an engine to take it.</summary>
    Queued,

    /// <summary>At least one step is ready or under way.</summary>
    Running,

    /// <summary>Nothing to do until a timer, a signal, an approval or a worker comes.</summary>
    Waiting,

    /// <summary>Set aside with a reason until somebody requeues or discards it.</summary>
    Parked,

    /// <summary>Finished with an output.</summary>
    Completed,

    /// <summary>A step failed for good.</summary>
    Failed,

    /// <summary>Somebody asked for it to stop. Not a failure.</summary>
    Cancelled,

    /// <summary>A safety cap (steps per run, visits per node) ended it.</summary>
    Capped,
}
