using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>What only the log itself may state: whoever can append must not be able to fake an erasure or a rotation.</summary>
internal static class ReservedActions
{
    private const string LogEventPrefix = "loomflow.audit/";

    /// <exception cref="ArgumentException">The entry is one that only the log may make.</exception>
    public static AuditEntry Check(AuditEntry entry)
    {
        if (entry.Action is AuditAction.LogCreated or AuditAction.LogOpened or AuditAction.KeyRotated or AuditAction.PayloadErased or AuditAction.ClockMovedBack)
        {
            throw new ArgumentException($"Audit entry '{entry.EventId}': the action '{entry.Action}' is the log's own.", nameof(entry));
        }

        if (entry.EventId.StartsWith(LogEventPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"Audit entry '{entry.EventId}': event ids that begin with '{LogEventPrefix}' are the log's own.", nameof(entry));
        }

        return entry;
    }
}
