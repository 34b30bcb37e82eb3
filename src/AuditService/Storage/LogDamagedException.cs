using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>The log on disk is not as it was left. Nothing was changed: what is there is evidence.</summary>
internal sealed class LogDamagedException(AuditDamage damage)
    : Exception($"The audit log is damaged, {damage}. Nothing was written; restore the log, or keep it as evidence and start a new one in another Audit:Directory.")
{
    public AuditDamage Damage { get; } = damage;
}
