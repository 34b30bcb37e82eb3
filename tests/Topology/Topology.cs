using System.Collections.Concurrent;
using Loomflow.Testing;
using StackExchange.Redis;

namespace Loomflow.Aspire.EndToEnd;

/// <summary>The whole system as real processes: redis-server, the audit service, orchestrators and workers.</summary>
public sealed partial class Topology : IAsyncDisposable
{
    /// <summary>How long anything may take on a machine that has much else to do. What takes longer hangs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    // The test's own trace context stays out of the requests: it is not sampled, and the services would follow it in that.
    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly List<CuttableProxy> _wires = [];
    private readonly CuttableProxy? _frontDoor;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("loomflow-e2e-");

    private readonly string _auditorKey = $"auditor-{Guid.NewGuid():n}";
    private readonly string _auditKey = $"audit-{Guid.NewGuid():n}{Guid.NewGuid():n}";
    private readonly string _serviceKey = $"services-{Guid.NewGuid():n}";

    private readonly ConcurrentDictionary<string, string> _keys = new();
    private readonly ConcurrentDictionary<string, string> _owners = new();
    private readonly Task<ConnectionMultiplexer> _store;

    private Topology(RedisServer redis, TopologyOptions options)
    {
        Redis = redis;

        // The tests' own look at the store is not what is tested: it has all the time that a busy machine takes.
        var store = ConfigurationOptions.Parse($"{redis.ConnectionString},connectTimeout=60000,asyncTimeout=60000");
        // Left to itself, it waits longer and longer before it looks whether a Redis that was killed is back.
        store.ReconnectRetryPolicy = new LinearRetry(250);
        _store = ConnectionMultiplexer.ConnectAsync(store);
        EffectsDirectory = _directory.CreateSubdirectory("effects").FullName;
        var common = new Dictionary<string, string>
        {
            // Not Development: everything that must be set outside it is set here.
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ServiceAuth__Key"] = _serviceKey,
            ["ConnectionStrings__redis"] = redis.ConnectionString,
            ["Logging__LogLevel__System.Net.Http.HttpClient"] = "Warning",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = options.Collector ?? "",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",

            // Nothing that was recorded is dropped because the machine is busy.
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "60000",
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
            ["OTEL_BSP_MAX_QUEUE_SIZE"] = "100000",
            ["OTEL_BLRP_MAX_QUEUE_SIZE"] = "100000",
            ["WORKLOAD_EFFECTS"] = EffectsDirectory,
        };
        common["Running__Lease"] = "00:00:03";
        if (options.Workload)
        {
            // Load comes from few users, and is meant to.
            foreach (var limit in new[] { "RequestsPerSecond", "RequestBurst", "ConcurrentRequests", "EventStreams", "ActiveRunsPerUser" }) common[$"Limits__{limit}"] = "1000000";
        }

        foreach (var (key, value) in options.Settings) common[key] = value;
        AuditDirectory = _directory.CreateSubdirectory("audit").FullName;
        Audit = new ServiceProcess("AuditService", "audit", [.. common, .. Tls(options, "audit"), new("Audit__Key", _auditKey), new("Audit__AuditorKey", _auditorKey), new("Audit__Directory", AuditDirectory)]);
        common["services__audit__grpc__0"] = Audit.Grpc;
        common["services__audit__http__0"] = Audit.Http;
        Orchestrators = [.. Enumerable.Range(0, options.Orchestrators).Select(index => Orchestrator(common, redis, options, index))];
        foreach (var (orchestrator, index) in Orchestrators.Select((orchestrator, index) => (orchestrator, index)))
        {
            common[$"services__orchestrator__grpc__{index}"] = orchestrator.Grpc;
            common[$"services__orchestrator__http__{index}"] = orchestrator.Http;
        }

        if (options.FrontDoor)
        {
            _frontDoor = new CuttableProxy();
            LeadTo(Orchestrators[0]);
            for (var index = 0; index < Orchestrators.Count; index++) common[$"services__orchestrator__grpc__{index}"] = _frontDoor.Address.ToString();
        }

        Workers = [.. Enumerable.Range(1, options.Workers).Select(_ => Worker(common, options))];
        foreach (var service in Services) service.Printed += options.Printed;
    }

    public RedisServer Redis { get; }

    public ServiceProcess Audit { get; }

    public IReadOnlyList<ServiceProcess> Orchestrators { get; }

    public IReadOnlyList<ServiceProcess> Workers { get; }

    /// <summary>The wires to the workers, where there are any to cut.</summary>
    public IReadOnlyList<CuttableProxy> Wires => _wires;

    /// <summary>What must not be seen outside: the keys of services, of the audit log and its readers, and of users.</summary>
    public IEnumerable<string> Secrets => [_serviceKey, _auditKey, _auditorKey, .. _keys.Values];

    /// <summary>Where the audit service keeps its log.</summary>
    public string AuditDirectory { get; }

    /// <summary>Where the steps of a workload leave their marks.</summary>
    public string EffectsDirectory { get; }

    public IEnumerable<ServiceProcess> Services => [Audit, .. Workers, .. Orchestrators];

    public static async Task<Topology> StartAsync(TopologyOptions options, CancellationToken cancellationToken)
    {
        RedisServer.SkipIfMissing();
        var topology = new Topology(await RedisServer.StartAsync(new RedisServerOptions { AppendOnly = true }), options);
        try
        {
            await topology.Audit.StartAsync(cancellationToken);
            await Task.WhenAll(topology.Workers.Concat(topology.Orchestrators).Select(service => service.StartAsync(cancellationToken)));
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has the workers call one of the orchestrators from now on, over the front door.</summary>
    public void LeadTo(ServiceProcess orchestrator)
    {
        _frontDoor!.LeadTo(new Uri(orchestrator.Grpc).Port);
        _frontDoor.Cut();
    }

    /// <summary>Waits until something is so, and says what it has waited for, and what the processes have printed, where it never is.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, Func<string> what, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (!await isSo()) await pause.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {s_patience} until {what()}.\n{Tails}");
        }
    }

    /// <summary>Every run that there is, with those that others started as their children, from Redis.</summary>
    public async Task<IReadOnlyList<string>> RunIdsAsync() =>
        [.. (await (await _store).GetDatabase().SortedSetRangeByRankAsync("loom:{queue}:runs")).Select(id => (string)id!)];

    /// <summary>How many runs are in the queue: owned, about to be, or in line.</summary>
    public async Task<long> QueuedAsync()
    {
        var database = (await _store).GetDatabase();
        return await database.StreamLengthAsync("loom:{queue}:ready") + await database.SortedSetLengthAsync("loom:{queue}:line") + await database.SortedSetLengthAsync("loom:{queue}:timers");
    }

    /// <summary>How many owners a run has had.</summary>
    public async Task<long> OwnersAsync(string runId) => (long)await (await _store).GetDatabase().HashGetAsync($"loom:run:{{{runId}}}", "epoch");

    /// <summary>A run's journal as it is in Redis.</summary>
    public async Task<IReadOnlyList<RunEvent>> JournalAsync(string runId) =>
        [.. (await (await _store).GetDatabase().StreamRangeAsync($"loom:run:{{{runId}}}:journal", "-", "+")).Select(entry => RunEventJson.Read(((ReadOnlyMemory<byte>)entry["e"]).Span))];

    public string Tails => string.Join("\n\n", Services.Select(service => service.Tail));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Services.Select(service => service.DisposeAsync().AsTask()));
        foreach (var wire in _wires) wire.Dispose();
        _frontDoor?.Dispose();
        await (await _store).DisposeAsync();
        await Redis.DisposeAsync();
        _http.Dispose();
        _directory.Delete(recursive: true);
    }

    private static ServiceProcess Orchestrator(IEnumerable<KeyValuePair<string, string>> common, RedisServer redis, TopologyOptions options, int index)
    {
        var settings = new Dictionary<string, string>(common);
        foreach (var (key, value) in options.OfOrchestrator?.Invoke(redis, index) ?? new Dictionary<string, string>()) settings[key] = value;
        return new ServiceProcess("Orchestrator", "orchestrator", [.. settings, .. Tls(options, "orchestrator")], options.Workload ? "orchestrator" : null);
    }

    private ServiceProcess Worker(IEnumerable<KeyValuePair<string, string>> common, TopologyOptions options)
    {
        var role = options.Workload ? "worker" : null;
        if (!options.Wires) return new ServiceProcess("AgentWorker", "agentworker", [.. common, .. Tls(options, "agentworker")], role);
        var wire = new CuttableProxy();
        var worker = new ServiceProcess("AgentWorker", "agentworker", [.. common, new("Worker__Address", wire.Address.ToString())], role);
        wire.LeadTo(new Uri(worker.Grpc).Port);
        _wires.Add(wire);
        return worker;
    }

    private static Dictionary<string, string> Tls(TopologyOptions options, string service)
    {
        if (options.Certificates is not { } authority) return [];
        var certificate = authority.Issue(service);
        return new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__grpc__Certificate__Path"] = certificate,
            ["Kestrel__Endpoints__grpc__Certificate__KeyPath"] = certificate,
            ["Kestrel__Endpoints__grpc__ClientCertificateMode"] = "RequireCertificate",
            ["ServiceTls__CertificatePath"] = certificate,
            ["ServiceTls__AuthorityPath"] = authority.RootPath,
        };
    }
}
