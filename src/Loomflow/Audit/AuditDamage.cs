namespace Loomflow.Audit;

/// <summary>The first thing that is wrong with a log.</summary>
/// <param name="Kind">What kind of damage.</param>
/// <param name="Sequence">The first sequence number that cannot be trusted.</param>
/// <param name="Detail">What was found, for a person.</param>
public sealed record AuditDamage(AuditDamageKind Kind, long Sequence, string Detail)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Kind} at entry {Sequence}: {Detail}";
}
