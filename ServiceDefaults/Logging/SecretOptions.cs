namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Secrets beyond those that are known by their shape; section <c>Secrets</c>, the same for all services.</summary>
public sealed class SecretOptions
{
    public const string Section = "Secrets";

    /// <summary>Regular expressions, of the dialect without backtracking. What they match is left out of logs, traces, runs' events and the audit log.</summary>
    public IList<string> Patterns { get; set; } = [];

    /// <summary>Names of JSON properties whose text is a secret.</summary>
    public IList<string> PropertyNames { get; set; } = [];
}
