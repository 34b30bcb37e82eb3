using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceTls;

/// <summary>This service's certificate and the authorities that it trusts, as the configuration says. Read once: a service that gets others is started again.</summary>
internal sealed class ServiceCertificates(IOptions<ServiceTlsOptions> options)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2? _own = options.Value.CertificatePath is { Length: > 0 } path ? X509Certificate2.CreateFromPemFile(path, options.Value.KeyPath ?? path) : null;
    private readonly X509Certificate2Collection? _authorities = Read(options.Value.AuthorityPath);

    public bool HasAuthorities => _authorities is not null;

    /// <summary>Has calls show this service's certificate and take only servers of its authorities. Names are checked as ever.</summary>
    public void Secure(SocketsHttpHandler handler)
    {
        if (_own is { } own)
        {
            handler.SslOptions.ClientCertificates = [own];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        }

        if (_authorities is not null) handler.SslOptions.CertificateChainPolicy = Policy();
    }

    /// <summary>Whether a caller's certificate is of one of the authorities, in date, and meant for callers.</summary>
    public bool Trusts(X509Certificate2 caller, SslPolicyErrors errors)
    {
        if (_authorities is null) return errors == SslPolicyErrors.None;
        using var chain = new X509Chain { ChainPolicy = Policy() };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(caller);
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(_authorities!);
        return policy;
    }

    private static X509Certificate2Collection? Read(string? path)
    {
        if (string.IsNullOrEmpty(path)) return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return authorities.Count > 0 ? authorities : throw new InvalidOperationException($"ServiceTls:AuthorityPath names '{path}', which has no certificate in it: give it a PEM file with at least one.");
    }
}
