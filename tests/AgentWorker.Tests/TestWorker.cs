using Grpc.Net.Client;
using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Redis.Workers;
using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>A worker service on a real port, as Program.cs puts it together, with steps of a test's own.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private TestWorker(WebApplication app, WorkerReplica replica)
    {
        (_app, Replica) = (app, replica);
        _channel = GrpcChannel.ForAddress(replica.Address);
    }

    /// <summary>What the worker says of itself in the directory.</summary>
    public WorkerReplica Replica { get; }

    public WorkerDirectory Directory => _app.Services.GetRequiredService<WorkerDirectory>();

    public ExecutionRegistry Executions => _app.Services.GetRequiredService<ExecutionRegistry>();

    public V1.AgentWorker.AgentWorkerClient Client => new(_channel);

    public static async Task<TestWorker> StartAsync(RedisServer redis, Action<IHostApplicationBuilder> host, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Logging.ClearProviders();
        var own = $"only-{Guid.NewGuid():n}";
        builder.Configuration.AddInMemoryCollection(LoopbackService.Settings(
            redis.ConnectionString,
            [
                ("Worker:AnnounceInterval", "00:00:00.1"),
                ("Worker:HeartbeatInterval", "00:00:00.1"),
                ("WorkerDirectory:Refresh", "00:00:00.01"),
                .. settings,
            ]));
        builder.AddServiceDefaults();
        builder.AddAgentWorker();
        builder.Services.AddSingleton(new StepRegistration(own, _ => Step.Of((string text) => text, own)));
        host(builder);

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapAgentWorker();
        await app.StartAsync();
        var directory = app.Services.GetRequiredService<WorkerDirectory>();
        WorkerReplica? replica = null;
        while (replica is null) replica = (await directory.ListAsync()).SingleOrDefault(one => one.Hosts.Contains(own));
        return new TestWorker(app, replica);
    }

    /// <summary>Stops as on SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
