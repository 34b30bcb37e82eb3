using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>What a client certificate says about the peer, under the names that gRPC uses.</summary>
internal static class PeerCertificate
{
    private const string AlternativeName = "x509_subject_alternative_name";
    private const string CommonName = "x509_common_name";

    private static readonly AuthContext s_unauthenticated = new(null, []);

    public static AuthContext AuthContextOf(X509Certificate2? certificate)
    {
        if (certificate is null)
            return s_unauthenticated;

        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        foreach (var name in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()))
            Add(properties, AlternativeName, name);

        var commonName = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (!string.IsNullOrEmpty(commonName))
            Add(properties, CommonName, commonName);

        var identity = properties.ContainsKey(AlternativeName) ? AlternativeName : properties.ContainsKey(CommonName) ? CommonName : null;
        return new AuthContext(identity, properties);
    }

    private static void Add(Dictionary<string, List<AuthProperty>> properties, string name, string value)
    {
        if (!properties.TryGetValue(name, out var values))
            properties[name] = values = [];
        values.Add(AuthProperty.Create(name, Encoding.UTF8.GetBytes(value)));
    }
}
