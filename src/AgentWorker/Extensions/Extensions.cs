using Grpc.AspNetCore.Server;
using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Models;
using Loomflow.Aspire.AgentWorker.Registration;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Aspire.ServiceDefaults.ServiceTls;
using Loomflow.Audit.Client;
using Loomflow.Redis.Budgets;
using Loomflow.Redis.Memory;
using Loomflow.Redis.Workers;
using Loomflow.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.AgentWorker.Extensions;

internal static class Extensions
{
    /// <summary>Everything that a worker is made of on top of the service defaults, without what it hosts.</summary>
    public static IHostApplicationBuilder AddAgentWorker(this IHostApplicationBuilder builder)
    {
        // A span for each command would cost more than it says: those of the runs and steps have the times.
        builder.AddRedisClient("redis", settings => settings.DisableTracing = true, redis => redis.ReconnectRetryPolicy = new LinearRetry(250));

        var services = builder.Services;
        services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkerDirectoryOptions>().BindConfiguration("WorkerDirectory").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WorkerDirectory>();
        services.AddSingleton<HostedSteps>();
        services.AddSingleton<ExecutionRegistry>();
        services.AddHostedService<WorkerGauges>();

        services.AddSingleton<BoundAddress>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(provider => provider.GetRequiredService<BoundAddress>());
        services.AddSingleton<WorkerRegistration>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerRegistration>());
        services.AddHealthChecks().AddCheck<WorkerRegistration>("registration");

        // Draining is the first part of stopping and must not use up the time of the rest.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<WorkerOptions>>((host, worker) => host.ShutdownTimeout = worker.Value.DrainTimeout + TimeSpan.FromSeconds(10));

        services.AddGrpc();
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<LimitOptions>>((grpc, limits) => grpc.MaxReceiveMessageSize = limits.Value.MaxMessageBytes);
        services.AddGrpcClient<Runs.RunsClient>(client => client.Address = builder.Configuration.GrpcAddressOf("orchestrator"))
            .AddServiceCredentials("orchestrator", Scopes.RunsStart, Scopes.RunsRead);
        builder.AddAuditClient().AddServiceCredentials("audit", Scopes.AuditAppend);
        builder.AddRedisMemory();
        builder.AddRedisLimits();
        builder.AddModels();
        builder.AddFactExtraction();
        return builder;
    }

    public static WebApplication MapAgentWorker(this WebApplication app)
    {
        app.MapGrpcService<AgentWorkerService>();
        app.RequireScopeOnEveryEndpoint();
        return app;
    }
}
