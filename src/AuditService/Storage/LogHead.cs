using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Which log, under which writer, and how long.</summary>
internal sealed record LogHead(Guid LogId, long Epoch, ChainHead Chain);
