namespace Loomflow;

/// <summary>Where a visit stands.</summary>
internal enum VisitPhase : byte
{
    /// <summary>The step is being carried out, or what it waits for has not come.</summary>
    Working,

    /// <summary>An attempt has failed; the next one begins when it is due.</summary>
    Backoff,

    /// <summary>The step is done; which edges to take is being decided.</summary>
    Choosing,

    /// <summary>Over.</summary>
    Ended,
}
