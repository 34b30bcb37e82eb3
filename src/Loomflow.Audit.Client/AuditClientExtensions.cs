using Grpc.Net.ClientFactory;
using Loomflow.V1;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Audit.Client;

/// <summary>Registers the audit service as this process's <see cref="IAuditLog"/>.</summary>
public static class AuditClientExtensions
{
    /// <summary>
    /// Adds <see cref="IAuditLog"/> over gRPC. Returns the builder of the underlying client, for credentials and interceptors.
    /// </summary>
    public static IHttpClientBuilder AddAuditClient(this IHostApplicationBuilder builder, Action<AuditClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Services.AddOptions<AuditClientOptions>().Configure<IConfiguration>(UseSchemeOfDiscovery).BindConfiguration(AuditClientOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        builder.Services.AddSingleton<GrpcAuditLog>();
        builder.Services.AddSingleton<IAuditLog>(services => services.GetRequiredService<GrpcAuditLog>());
        return builder.Services.AddGrpcClient<AuditAppender.AuditAppenderClient>(UseAddress);
    }

    /// <summary>
    /// Adds a client that reads the log of the same service; call it after <see cref="AddAuditClient"/>. It has credentials of its own: appending and
    /// reading are different scopes.
    /// </summary>
    public static IHttpClientBuilder AddAuditReader(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddGrpcClient<AuditReader.AuditReaderClient>(UseAddress);
    }

    private static void UseAddress(IServiceProvider services, GrpcClientFactoryOptions client) => client.Address = services.GetRequiredService<IOptions<AuditClientOptions>>().Value.Address;

    // Service discovery gives a host and a port; whether it is TLS is said by the address that is asked for.
    private static void UseSchemeOfDiscovery(AuditClientOptions options, IConfiguration configuration)
    {
        if (configuration["services:audit:grpc:0"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true) options.Address = new Uri("https://_grpc.audit");
    }
}
