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
        var options = builder.Services.AddOptions<AuditClientOptions>().BindConfiguration(AuditClientOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        builder.Services.AddSingleton<GrpcAuditLog>();
        builder.Services.AddSingleton<IAuditLog>(services => services.GetRequiredService<GrpcAuditLog>());
        return builder.Services.AddGrpcClient<AuditAppender.AuditAppenderClient>((services, client) =>
            client.Address = services.GetRequiredService<IOptions<AuditClientOptions>>().Value.Address);
    }
}
