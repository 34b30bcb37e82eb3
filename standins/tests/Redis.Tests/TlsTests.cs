using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Loomflow.Testing;
using StackExchange.Redis;

namespace Redis.Tests;

public class TlsTests
{
    [Fact]
    public async Task Ssl_ServerThatIsTrusted_IsTalkedTo_AndAnotherIsNot()
    {
        RedisServer.SkipIfMissing();
        var directory = Directory.CreateTempSubdirectory("loomflow-tls-");
        try
        {
            using var certificate = CreateCertificate();
            var (certificatePath, keyPath) = (Path.Combine(directory.FullName, "redis.crt"), Path.Combine(directory.FullName, "redis.key"));
            await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(keyPath, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            var port = FreePort.Next();
            await using var server = await RedisServer.StartAsync(new RedisServerOptions
            {
                Arguments =
                [
                    "--tls-port", port.ToString(CultureInfo.InvariantCulture), "--tls-cert-file", certificatePath,
                    "--tls-key-file", keyPath, "--tls-auth-clients", "no",
                ],
            });

            var options = ConfigurationOptions.Parse($"127.0.0.1:{port},ssl=true,sslHost=localhost,checkCertificateRevocation=false,connectRetry=1");
            await Should.ThrowAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(options));
            options.TrustIssuer(certificate);
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            await connection.GetDatabase().StringSetAsync("a", "b");
            ((string?)await connection.GetDatabase().StringGetAsync("a")).ShouldBe("b");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
