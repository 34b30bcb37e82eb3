using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Registration;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Redis.Workers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.AgentWorker.Extensions;

internal static class Extensions
{
    /// <summary>Everything that a worker is made of, without what it hosts.</summary>
    public static IHostApplicationBuilder AddAgentWorker(this IHostApplicationBuilder builder)
    {
        builder.AddRedisClient("redis", configureOptions: redis => redis.ReconnectRetryPolicy = new LinearRetry(250));

        var services = builder.Services;
        services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkerDirectoryOptions>().BindConfiguration("WorkerDirectory").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerDirectory>();
        services.AddSingleton<HostedSteps>();
        services.AddSingleton<ExecutionRegistry>();

        services.AddSingleton<BoundAddress>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(provider => provider.GetRequiredService<BoundAddress>());
        services.AddSingleton<WorkerRegistration>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerRegistration>());
        services.AddHealthChecks().AddCheck<WorkerRegistration>("registration");

        // Draining is the first part of stopping and must not use up the time of the rest.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<WorkerOptions>>((host, worker) => host.ShutdownTimeout = worker.Value.DrainTimeout + TimeSpan.FromSeconds(10));

        services.AddGrpc();
        return builder;
    }

    public static WebApplication MapAgentWorker(this WebApplication app)
    {
        app.MapGrpcService<AgentWorkerService>().RequireAuthorization(Scopes.WorkerExecute);
        app.RequireScopeOnEveryGrpcMethod();
        return app;
    }
}
