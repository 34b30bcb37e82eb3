namespace Loomflow.Redis.Runs;

/// <summary>What came of trying to own a run.</summary>
public enum AcquisitionKind
{
    /// <summary>Owned; earlier owners can write no more.</summary>
    Owned,

    /// <summary>This queue entry is a second one; the holder of the first owns the run.</summary>
    OwnedByAnother,

    /// <summary>There is no such run yet.</summary>
    Unknown,
}

/// <summary>What came of trying to own a run, with the epoch to write under.</summary>
/// <param name="Kind">What came of it.</param>
/// <param name="Epoch">The epoch of a run that is owned now; 0 otherwise.</param>
/// <param name="Record">The run as it is then, where it is owned. One that has ended may have entries that are not audited yet.</param>
/// <param name="HasMail">Whether there is anything in the inbox of a run that is owned now.</param>
public readonly record struct Acquisition(AcquisitionKind Kind, long Epoch = 0, RunRecord? Record = null, bool HasMail = false);
