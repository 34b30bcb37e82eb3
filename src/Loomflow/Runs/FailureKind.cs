namespace Loomflow;

/// <summary>Why a step or a run did not succeed.</summary>
public enum FailureKind
{
    /// <summary>The step threw.</summary>
    Error,

    /// <summary>An attempt, a step or the run took longer than its limit.</summary>
    Timeout,

    /// <summary>Somebody asked for it to stop.</summary>
    Cancelled,

    /// <summary>A safety cap of the workflow was reached.</summary>
    Capped,

    /// <summary>A budget (tokens, cost, time) was used up.</summary>
    Budget,

    /// <summary>A person or a policy refused.</summary>
    Denied,

    /// <summary>A router produced a label that leads nowhere.</summary>
    NoRoute,

    /// <summary>The process that executed the step was lost.</summary>
    Lost,

    /// <summary>A value had the wrong type or could not cross a process boundary.</summary>
    InvalidValue,
}
