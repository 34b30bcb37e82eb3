using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Loomflow.Testing;

/// <summary>An authority that exists for one test and issues certificates as PEM files.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("loomflow-ca-");
    private readonly X509Certificate2 _root;
    private int _issued;

    public CertificateAuthority(string name = "Test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        RootPath = Path.Combine(_directory.FullName, "root.pem");
        File.WriteAllText(RootPath, _root.ExportCertificatePem());
    }

    /// <summary>The authority's own certificate.</summary>
    public string RootPath { get; }

    /// <summary>Issues a certificate for this machine and writes it and its key into one PEM file.</summary>
    /// <param name="name">Whose it is.</param>
    /// <param name="isServer">Whether it is good for servers.</param>
    /// <param name="isClient">Whether it is good for callers.</param>
    /// <param name="expired">Whether it is out of date.</param>
    public string Issue(string name, bool isServer = true, bool isClient = true, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        OidCollection purposes = [];
        if (isServer) purposes.Add(new Oid(ServerAuthentication));
        if (isClient) purposes.Add(new Oid(ClientAuthentication));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        using var certificate = request.Create(_root, DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(expired ? -1 : 2), BitConverter.GetBytes(++_issued));
        var path = Path.Combine(_directory.FullName, $"{_issued}.pem");
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _directory.Delete(recursive: true);
    }
}
