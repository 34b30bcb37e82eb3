using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Security;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs over OTLP to wherever <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> points; nothing at all without it.
/// HTTP spans and meters are those that .NET itself emits, so no instrumentation package is involved.
/// </summary>
internal static class TelemetryExtensions
{
    internal const string HealthPath = "/health";
    internal const string AlivePath = "/alive";

    private static readonly string[] s_sources = ["Loomflow", "Microsoft.AspNetCore", "System.Net.Http", "Grpc.Net.Client"];

    private static readonly string[] s_meters =
        ["Loomflow", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    internal static void AddTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;

        // .NET 10 leaves the attributes of the HTTP conventions out of the spans of requests unless asked for them; later versions do not.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.AddProcessor(services => new ScrubbedRecords(services.GetRequiredService<SecretScrubber>()));
            logging.AddOtlpExporter();
        });

        var requests = new RequestSpans();
        builder.Services.AddSingleton<IStartupFilter>(requests);
        builder.Services.AddSingleton(services => OpenTelemetrySdk.Create(telemetry =>
        {
            // Endpoint, protocol, headers, sampler and intervals come from the service's configuration, which has the environment in it, too.
            telemetry.Services.AddSingleton<IConfiguration>(builder.Configuration);
            telemetry
                .WithTracing(tracing => tracing.AddSource(s_sources).AddProcessor(requests).AddProcessor(new ScrubbedSpans(services.GetRequiredService<SecretScrubber>())))
                .WithMetrics(metrics => metrics.AddMeter(s_meters))
                .UseOtlpExporter();
        }));
        builder.Services.AddHostedService<TelemetryLifetime>();
    }

    /// <summary>Starts the providers before the first request and flushes them after the last.</summary>
    private sealed class TelemetryLifetime(OpenTelemetrySdk sdk) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            sdk.TracerProvider.ForceFlush(timeoutMilliseconds: 2_000);
            sdk.MeterProvider.ForceFlush(timeoutMilliseconds: 2_000);
            return Task.CompletedTask;
        }
    }
}
