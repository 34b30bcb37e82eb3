namespace Loomflow.Aspire.ServiceDefaults.ServiceTls;

/// <summary>How services know each other by certificates. What a service shows as a server is Kestrel's own configuration.</summary>
public sealed class ServiceTlsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "ServiceTls";

    /// <summary>PEM file with the certificate that this service shows when it calls another one; none unless given.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>PEM file with the certificate's private key; the certificate's own file where left out.</summary>
    public string? KeyPath { get; set; }

    /// <summary>
    /// PEM file with the authorities that issue the services' certificates. Where given, these alone are trusted, by servers and by callers; otherwise the
    /// machine's are.
    /// </summary>
    public string? AuthorityPath { get; set; }
}
