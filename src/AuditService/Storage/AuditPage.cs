using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>A page of a query's result.</summary>
/// <param name="Records">The matching records, oldest first.</param>
/// <param name="Next">Where the next page begins; null if there is none.</param>
internal sealed record AuditPage(IReadOnlyList<AuditRecord> Records, long? Next);
