using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Net.Client;
using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Audit;
using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>An orchestrator on real ports, as Program.cs puts it together, with workflows of a test's own and an audit log in memory. Alice calls it, and may do everything.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private ApiHost(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();

        // Endpoints start in the order of their names.
        _channel = GrpcChannel.ForAddress(addresses[0]);
        Http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(addresses[1]) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"loomkey_development_{Secret}");
    }

    public HttpClient Http { get; }

    public V1.Runs.RunsClient Grpc => new(_channel);

    public IServiceProvider Services => _app.Services;

    public static async Task<ApiHost> StartAsync(string redis, IEnumerable<IWorkflow> workflows, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(LoopbackService.Settings(
            redis,
            [
                ("ApiKeys:DevelopmentSecret", Secret),
                ("Running:PollInterval", "00:00:00.05"),
                ("Running:Lease", "00:00:01"),
                ("Running:DrainTimeout", "00:00:00.1"),
                .. settings,
            ]));
        builder.AddServiceDefaults();
        builder.AddOrchestrator();
        builder.Services.AddSingleton<IAuditLog>(new InMemoryAuditLog());
        foreach (var workflow in workflows) builder.Services.AddWorkflow(workflow);

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapOrchestrator();
        await app.StartAsync();
        return new ApiHost(app);
    }

    /// <summary>Starts a run over REST and gives its id.</summary>
    public async Task<string> StartRunAsync(string workflow, object? input, CancellationToken cancellationToken)
    {
        using var response = await Http.PostAsJsonAsync($"/workflows/{workflow}/runs", new { input }, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => Http.GetFromJsonAsync<JsonElement>(path, cancellationToken);

    /// <summary>Waits until a run has a status.</summary>
    public async Task<JsonElement> UntilAsync(string runId, string status, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var run = await GetAsync($"/runs/{runId}", limit.Token);
            if (run.GetProperty("status").GetString() == status) return run;
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Stops as on SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
