namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Another process writes this log.</summary>
internal sealed class LogInUseException(string directory, Exception? inner = null)
    : Exception($"The audit log in '{directory}' is being written by another process. A log has one writer: stop the other one, or give this one its own Audit:Directory.", inner);
