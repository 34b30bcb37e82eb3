namespace Loomflow.Audit;

/// <summary>An entry could not be recorded.</summary>
public abstract class AuditException(string message, Exception? innerException = null) : Exception(message, innerException);
