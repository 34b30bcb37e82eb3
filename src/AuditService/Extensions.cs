using Grpc.AspNetCore.Server;
using Loomflow.Aspire.AuditService.Api;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Completeness;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Page;
using Loomflow.Aspire.AuditService.Retention;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.AuditService;

internal static class Extensions
{
    private const string RedisConnection = "redis";

    public static void AddAuditLog(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section)
            .PostConfigure<IOptions<SecretOptions>>((audit, secrets) =>
            {
                audit.SecretPatterns.AddRange(secrets.Value.Patterns);
                audit.SecretPropertyNames.AddRange(secrets.Value.PropertyNames);
            })
            .Validate(
                audit => audit.AuditorKey is null || builder.Environment.IsDevelopment() || !GuessableSecrets.Includes(audit.AuditorKey),
                "Audit:AuditorKey is well known or can be guessed, so anybody can read the log: set it to something random, for instance from `openssl rand -base64 24`.")
            .Validate<IOptions<LimitOptions>>(
                (audit, limits) => audit.MaxPayloadBytes < limits.Value.MaxMessageBytes,
                "Audit:MaxPayloadBytes is not below Limits:MaxMessageBytes, which a message with such a payload must fit into: lower the one or raise the other.")
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<AuditOptions>>().Value;
            var environment = services.GetRequiredService<IHostEnvironment>();
            var directory = options.Directory ?? Path.Combine(environment.ContentRootPath, "data", "audit");
            var files = new LogFiles(directory);
            var anchors = new AnchorComparison(services.GetServices<ICheckpointAnchor>(), options, services.GetRequiredService<ILogger<AnchorComparison>>());
            return new AuditLog(
                options, files, KeyRingLoader.Load(options, environment.IsDevelopment()), services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<AuditLog>>(), recovered => anchors.Compare(files, recovered));
        });
        builder.Services.AddSingleton<IAuditLog, OwnAuditLog>();
        builder.Services.AddSingleton<LogReader>();
        builder.Services.AddSingleton<LogProofs>();
        builder.Services.AddSingleton<CompletenessCheck>();
        builder.Services.AddHostedService<SettingsRecord>();
        builder.Services.AddSingleton<LogStatus>();
        builder.AddAnchors();
        builder.Services.AddSingleton<Checkpointer>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Checkpointer>());
        builder.Services.AddSingleton<VerificationService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<VerificationService>());
        builder.Services.AddSingleton<KeyRotation>();
        builder.Services.AddSingleton<PayloadEraser>();
        builder.Services.AddHostedService<RetentionService>();
        builder.Services.AddHealthChecks().AddCheck<LogHealthCheck>("audit-log");
        builder.Services.AddHostedService<LogGauges>();
        builder.Services.AddAuditorAccess();
        builder.Services.AddGrpc();
        builder.Services.AddOptions<GrpcServiceOptions>().Configure<IOptions<LimitOptions>>((grpc, limits) => grpc.MaxReceiveMessageSize = limits.Value.MaxMessageBytes);
    }

    public static void MapAuditApi(this WebApplication app)
    {
        app.MapGrpcService<AuditAppenderService>().RequireAuthorization(Scopes.AuditAppend);
        app.MapGrpcService<AuditReaderService>().RequireAuthorization(Scopes.AuditRead);
        app.MapGrpcService<AuditAdministrationService>().RequireAuthorization(Scopes.AuditAdmin);
        var people = app.MapGroup("").RequireAuthorization(AuditorAccess.Policy);
        people.MapAuditHttpApi();
        people.MapAuditPage();
        app.RequireScopeOnEveryEndpoint();
    }

    private static void AddAnchors(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration[$"{AuditOptions.Section}:{nameof(AuditOptions.AnchorFile)}"] is { Length: > 0 } file)
        {
            builder.Services.AddSingleton<ICheckpointAnchor>(new FileAnchor(file));
        }

        if (!string.IsNullOrEmpty(builder.Configuration.GetConnectionString(RedisConnection)))
        {
            builder.AddRedisClient(RedisConnection, settings => settings.DisableTracing = true);
            builder.Services.AddSingleton<ICheckpointAnchor>(services => new RedisAnchor(services.GetRequiredService<IConnectionMultiplexer>()));
        }
    }
}
