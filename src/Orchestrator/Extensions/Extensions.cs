using Grpc.AspNetCore.Server;
using Loomflow.Aspire.Orchestrator.Api;
using Loomflow.Aspire.Orchestrator.Approvals;
using Loomflow.Aspire.Orchestrator.Auditing;
using Loomflow.Aspire.Orchestrator.Budgets;
using Loomflow.Aspire.Orchestrator.Dispatch;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Memories;
using Loomflow.Aspire.Orchestrator.Retention;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.ApiKeys;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit;
using Loomflow.Audit.Client;
using Loomflow.Redis.Budgets;
using Loomflow.Redis.Memory;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Extensions;

internal static class Extensions
{
    /// <summary>Everything that an orchestrator is made of, without the workflows.</summary>
    public static IHostApplicationBuilder AddOrchestrator(this IHostApplicationBuilder builder)
    {
        // A span for each command would cost more than it says: those of the runs and steps have the times.
        builder.AddRedisClient("redis", settings => settings.DisableTracing = true, options => options.ReconnectRetryPolicy = new LinearRetry(250));
        builder.AddAuditClient().AddServiceCredentials("audit", Scopes.AuditAppend);
        builder.AddAuditReader().AddServiceCredentials("audit", Scopes.AuditRead);
        builder.AddRedisMemory();
        builder.AddRedisLimits();
        builder.AddWorkerDispatch();

        var services = builder.Services;
        services.AddOptions<RunningOptions>().BindConfiguration("Running").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkflowRegistry>();
        services.AddSingleton<GroupCommit>();
        services.AddSingleton<RedisRunStore>();
        services.AddSingleton(provider => new RunQueue(provider.GetRequiredService<IConnectionMultiplexer>(), $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}", provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<GroupCommit>()));
        services.AddSingleton<DeltaHub>();
        services.AddSingleton<RunWatcher>();
        services.AddSingleton<RunEndings>();
        services.AddOptions<InputOptions>().BindConfiguration(InputOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<InputLimits>();
        services.AddSingleton<WorkflowPlaces>();
        services.AddSingleton<RunPlaces>();
        services.AddSingleton<RunCancellation>();
        services.AddOptions<RunLimits>().BindConfiguration(RunLimits.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<RunLimits>>().Value);
        services.AddSingleton<ActiveRuns>();
        services.AddSingleton<RunService>();
        services.AddSingleton<RunList>();
        services.AddSingleton<ApprovalService>();
        services.AddSingleton<RunAudit>();
        services.AddSingleton<UserMemories>();
        services.AddSingleton<UserSpending>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<RunningOptions>>().Value);
        services.AddSingleton(provider => new AuditOutbox(provider.GetRequiredService<IAuditLog>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<RunningOptions>().AuditLinger));
        services.AddSingleton<OwnedRunServices>();
        services.AddSingleton<QueueMetrics>();
        services.AddSingleton<RunPump>();
        services.AddHostedService(provider => provider.GetRequiredService<RunPump>());
        services.AddSingleton<StoreWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreWatch>());
        services.AddHealthChecks().AddCheck<RunPump>("running").AddCheck<StoreWatch>("store");

        // Draining is the first part of stopping and must not use up the time of the rest.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<RunningOptions>>((host, running) => host.ShutdownTimeout = running.Value.DrainTimeout + TimeSpan.FromSeconds(20));

        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RunRetention>();
        services.AddSingleton<RetentionSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<RetentionSweeper>());

        builder.AddUserApi();
        services.AddGrpc(grpc => grpc.Interceptors.Add<RefusalInterceptor>());
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<LimitOptions>>((grpc, limits) => grpc.MaxReceiveMessageSize = limits.Value.MaxMessageBytes);
        services.AddOptions<LimitOptions>().PostConfigure<IOptions<InputOptions>>((limits, input) => limits.MaxRequestBytes = limits.MaxMessageBytes = input.Value.MaxRequestBytes);
        services.AddOpenApi();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Refusals.Complete);
        services.AddExceptionHandler<RefusalHandler>();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(options =>
        {
            foreach (var converter in PayloadSerializer.Options.Converters) options.SerializerOptions.Converters.Add(converter);
            options.SerializerOptions.DefaultIgnoreCondition = PayloadSerializer.Options.DefaultIgnoreCondition;
            options.SerializerOptions.Encoder = PayloadSerializer.Options.Encoder;
            options.SerializerOptions.MaxDepth = PayloadSerializer.Options.MaxDepth;
        });
        return builder;
    }

    /// <summary>Registers a workflow that runs can be started of.</summary>
    public static IServiceCollection AddWorkflow(this IServiceCollection services, IWorkflow workflow) => services.AddSingleton(workflow);

    public static WebApplication MapOrchestrator(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseStoreWatch();
        app.UseUserApi();
        app.UseKnownCharsets();
        app.MapOpenApi().RequireAuthorization(Scopes.RunsRead);
        app.MapWorkflowsApi();
        app.MapRunsApi();
        app.MapApprovalsApi();
        app.MapMemoryApi();
        app.MapBudgetApi();
        app.MapGrpcService<RunsGrpcService>();
        app.MapGrpcService<MemoriesGrpcService>();
        app.MapGrpcService<BudgetsGrpcService>();
        app.RequireScopeOnEveryEndpoint();
        return app;
    }
}
