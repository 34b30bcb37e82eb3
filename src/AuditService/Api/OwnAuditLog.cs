using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>The log as the service itself writes to it: whoever it turns away is recorded in it.</summary>
internal sealed class OwnAuditLog(AuditLog log) : IAuditLog
{
    public async ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        var outcomes = await log.AppendAsync([log.Prepare(entry)], cancellationToken);
        return outcomes[0].IsConflict ? throw new AuditConflictException(entry.EventId, outcomes[0].Receipt.Sequence) : outcomes[0].Receipt;
    }
}
