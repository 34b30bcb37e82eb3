using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>A verification's result, when it ended and how long it took.</summary>
internal sealed record LastVerification(AuditVerification Result, DateTimeOffset At, TimeSpan Elapsed);
