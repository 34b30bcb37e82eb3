using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Aspire.ServiceDefaults.ServiceTls;
using Loomflow.Redis.Workers;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

internal static class DispatchExtensions
{
    /// <summary>Has remote steps carried out by the workers of the directory. Needs a Redis connection and the service defaults.</summary>
    public static IHostApplicationBuilder AddWorkerDispatch(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DispatchOptions>().BindConfiguration(DispatchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkerDirectoryOptions>().BindConfiguration("WorkerDirectory").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WorkerDirectory>();
        services.AddSingleton(provider => new WorkerChannels(
            provider.GetRequiredService<IOptions<DispatchOptions>>(), () => provider.CreateServiceCredentials("agentworker", Scopes.WorkerExecute), provider.SecureServiceCalls));
        services.AddSingleton<WorkerPool>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerPool>());
        services.AddSingleton<IStepDispatcher, WorkerDispatcher>();
        return builder;
    }
}
