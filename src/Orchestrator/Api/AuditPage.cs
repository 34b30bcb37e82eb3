using System.ComponentModel;

namespace Loomflow.Aspire.Orchestrator.Api;

internal sealed record AuditPage(
    IReadOnlyList<AuditRecordView> Records,
    [property: Description("Where the next page begins; absent after the last one.")] string? NextCursor);
