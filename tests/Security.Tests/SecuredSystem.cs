using System.Net.Http.Json;
using System.Text.Json;
using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.AuditService;
using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.ServiceDefaults.ApiKeys;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.Security.Tests;

/// <summary>The audit service, an orchestrator and a worker, with a Redis of their own, and credentials of all kinds for them.</summary>
public sealed class SecuredSystem : IAsyncDisposable
{
    public const string AuditorKey = "an auditor's key of the tests";

    /// <summary>What the services' connection strings have in them and nobody else may see.</summary>
    public const string RedisPassword = "hunter22-of-the-tests";

    private const string ServiceKey = "a service key of the tests, which is long enough";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("loomflow-security-");
    private readonly RedisServer _redis;
    private ConnectionMultiplexer? _connection;

    private SecuredSystem(RedisServer redis) => _redis = redis;

    internal Service Audit { get; private set; } = null!;

    internal Service Orchestrator { get; private set; } = null!;

    internal Service Worker { get; private set; } = null!;

    internal IEnumerable<Service> Services => [Audit, Orchestrator, Worker];

    public static async Task<SecuredSystem> StartAsync(CancellationToken cancellationToken, params (string Key, string Value)[] settings)
    {
        RedisServer.SkipIfMissing();
        var system = new SecuredSystem(await RedisServer.StartAsync(new RedisServerOptions { Password = RedisPassword }));
        try
        {
            await system.StartServicesAsync(settings, cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>The text of a user's API key.</summary>
    public async Task<string> KeyAsync(string? user, string? tenant = null, IReadOnlyList<string>? scopes = null, TimeProvider? time = null)
    {
        var keys = new ApiKeyStore(_connection!, time ?? TimeProvider.System);
        var issued = keys.Issue(user, tenant, scopes ?? UserScopes.Ordinary, TimeSpan.FromHours(1));
        await keys.SaveAsync(issued.Key);
        return issued.Text;
    }

    /// <summary>A token of a service.</summary>
    public static string Token(string audience, IReadOnlyList<string> scopes, TimeProvider? time = null) =>
        new ServiceTokens(Options.Create(new ServiceAuthenticationOptions { Key = ServiceKey, Name = "tests" }), time ?? TimeProvider.System).Issue(audience, scopes);

    /// <summary>Takes Redis away from the services.</summary>
    public Task KillRedisAsync() => _redis.KillAsync();

    /// <summary>Gives the services Redis back, empty.</summary>
    public Task RestartRedisAsync() => _redis.RestartAsync();

    /// <summary>Reads entries of the audit log as an auditor does, until they are as wanted.</summary>
    public async Task<IReadOnlyList<JsonElement>> EntriesAsync(string filter, Func<IReadOnlyList<JsonElement>, bool> areThere, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            using var response = await Audit.SendAsync(HttpMethod.Get, $"/v1/entries?{filter}&pageSize=1000", AuditorKey, null, cancellationToken);
            response.EnsureSuccessStatusCode();
            var entries = (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("entries").EnumerateArray().ToArray();
            if (areThere(entries) || limit.IsCancellationRequested) return entries;
            await pause.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Starts a run as a user, over REST.</summary>
    public async Task<string> StartRunAsync(string key, string workflow, object input, CancellationToken cancellationToken, int wait = 0)
    {
        using var response = await Orchestrator.SendAsync(HttpMethod.Post, $"/workflows/{workflow}/runs", key, JsonContent.Create(new { input }), cancellationToken, ("Prefer", $"wait={wait}"));
        response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync(cancellationToken));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in new[] { Worker, Orchestrator, Audit })
        {
            if (service is not null) await service.DisposeAsync();
        }

        if (_connection is not null) await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task StartServicesAsync((string Key, string Value)[] settings, CancellationToken cancellationToken)
    {
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
        var common = new Dictionary<string, string?> { ["ServiceAuth:Key"] = ServiceKey, ["ConnectionStrings:redis"] = _redis.ConnectionString };
        foreach (var (key, value) in settings) common[key] = value;
        Audit = await Service.StartAsync(
            "audit",
            new Dictionary<string, string?>(common) { ["Audit:Key"] = "the signing key of the tests, long enough for that", ["Audit:AuditorKey"] = AuditorKey, ["Audit:Directory"] = _directory.FullName },
            builder => builder.AddAuditLog(),
            app => app.MapAuditApi(),
            cancellationToken);
        common["services:audit:grpc:0"] = Audit.GrpcAddress.ToString();
        Orchestrator = await Service.StartAsync(
            "orchestrator",
            common,
            builder =>
            {
                builder.AddOrchestrator();
                foreach (var workflow in SampleWorkflows.All()) builder.Services.AddWorkflow(workflow);
            },
            app => app.MapOrchestrator(),
            cancellationToken);
        common["services:orchestrator:grpc:0"] = Orchestrator.GrpcAddress.ToString();
        common["Worker:Address"] = "http://127.0.0.1:1";
        Worker = await Service.StartAsync("agentworker", common, builder => builder.AddAgentWorker(), app => app.MapAgentWorker(), cancellationToken);
    }
}
