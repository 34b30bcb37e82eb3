using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.AgentWorker.Registration;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>A worker service on a real port, as Program.cs puts it together, with steps of a test's own.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WorkerHost(WebApplication app) => _app = app;

    public ExecutionRegistry Executions => _app.Services.GetRequiredService<ExecutionRegistry>();

    public static async Task<WorkerHost> StartAsync(string redis, Action<IHostApplicationBuilder> host, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(LoopbackService.Settings(
            redis,
            [
                ("Worker:AnnounceInterval", "00:00:00.2"),
                ("Worker:HeartbeatInterval", "00:00:00.2"),
                .. settings,
            ]));
        builder.AddServiceDefaults();
        builder.AddAgentWorker();
        host(builder);

        var app = builder.Build();
        app.MapAgentWorker();
        await app.StartAsync();
        return new WorkerHost(app);
    }

    /// <summary>A worker that orchestrators reach through a proxy alone.</summary>
    public static async Task<WorkerHost> StartBehindAsync(CuttableProxy proxy, string redis, Action<IHostApplicationBuilder> host, params (string Key, string Value)[] settings)
    {
        var worker = await StartAsync(redis, host, [.. settings, ("Worker:Address", proxy.Address.ToString())]);
        proxy.LeadTo(worker._app.Services.GetRequiredService<BoundAddress>().Get().Port);
        return worker;
    }

    /// <summary>Stops as on SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
