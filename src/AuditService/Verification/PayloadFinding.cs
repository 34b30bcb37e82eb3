namespace Loomflow.Aspire.AuditService.Verification;

internal enum PayloadFinding : byte
{
    /// <summary>As committed to, or none.</summary>
    Intact,
    Altered,
    Missing,

    /// <summary>Blank, with the number of an entry that should record the erasure.</summary>
    Erased,
}
