using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceTls;

/// <summary>TLS between services, and certificates of callers.</summary>
public static class ServiceTlsExtensions
{
    internal static void AddServiceTls(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ServiceTlsOptions>().BindConfiguration(ServiceTlsOptions.Section);
        builder.Services.AddSingleton<ServiceCertificates>();
        builder.Services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(services => new ConfigureOptions<KestrelServerOptions>(kestrel =>
        {
            var certificates = services.GetRequiredService<ServiceCertificates>();
            if (certificates.HasAuthorities) kestrel.ConfigureHttpsDefaults(https => https.ClientCertificateValidation = (caller, _, errors) => certificates.Trusts(caller, errors));
        }));
    }

    /// <summary>Has a handler's calls show this service's certificate and take only servers that it trusts.</summary>
    public static void SecureServiceCalls(this IServiceProvider services, SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        services.GetRequiredService<ServiceCertificates>().Secure(handler);
    }

    /// <summary>Where a service's gRPC endpoint is looked for: with the scheme that service discovery has it under.</summary>
    public static Uri GrpcAddressOf(this IConfiguration configuration, string service)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var isSecure = configuration[$"services:{service}:grpc:0"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true;
        return new Uri($"{(isSecure ? "https" : "http")}://_grpc.{service}");
    }
}
