using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>A receipt, or the place where the same event id stands with other content.</summary>
internal readonly record struct AppendOutcome(AuditReceipt Receipt, bool IsConflict = false);
