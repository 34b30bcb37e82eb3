namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>After a failed flush nobody knows what the disk holds, and flushing again would report success for lost pages. The log must be opened anew.</summary>
internal sealed class FlushFailedException(Exception inner)
    : Exception($"The disk could not keep what was written ({inner.Message}): restart the audit service, which reads back what is really there.", inner);
