namespace Loomflow.Audit;

/// <summary>The log cannot take entries now (unreachable, disk full, read-only). The same entry can be sent again later.</summary>
public sealed class AuditUnavailableException(string message, Exception? innerException = null) : AuditException(message, innerException);
