namespace Loomflow;

/// <summary>How the engine carries a step out.</summary>
internal enum StepKind
{
    /// <summary>Runs code: a function or an agent.</summary>
    Code,

    /// <summary>A nested workflow; its nodes are scheduled as part of the same run.</summary>
    Workflow,

    /// <summary>One step for each element of a collection.</summary>
    Map,

    /// <summary>A durable timer.</summary>
    Delay,

    /// <summary>A question to a person.</summary>
    Approval,

    /// <summary>Waits for a named signal.</summary>
    Signal,

    /// <summary>Hosted by a worker and sent there.</summary>
    Remote,
}
