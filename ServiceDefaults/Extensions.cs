using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Aspire.ServiceDefaults.ServiceTls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>What every service of the system starts with.</summary>
public static class Extensions
{
    /// <summary>The tag of the health checks that say that a process is alive, as opposed to ready for work.</summary>
    public const string LiveTag = "live";

    /// <summary>Adds telemetry, health checks, service discovery, service-to-service authentication, limits and what agents do by default.</summary>
    /// <remarks>
    /// There is deliberately no standard resilience handler: its timeouts and retries would kill or double agent steps.
    /// </remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.AddScrubbing();
        builder.AddTelemetry();
        builder.AddServiceAuthentication();
        builder.AddServiceTls();
        builder.AddLimits();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.AddSingleton(builder.Configuration.GetSection("Agents").Get<AgentDefaults>() ?? new AgentDefaults());
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        return builder;
    }

    /// <summary>Maps <c>/health</c> (ready for work: every check) and <c>/alive</c> (the checks tagged <see cref="LiveTag"/>).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        app.MapHealthChecks(TelemetryExtensions.HealthPath).AllowAnonymous();
        app.MapHealthChecks(TelemetryExtensions.AlivePath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) }).AllowAnonymous();
        return app;
    }
}
