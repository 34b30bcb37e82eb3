using System.Globalization;
using Google.Protobuf;
using Grpc.Net.Client;
using Loomflow.Aspire.EndToEnd;
using Loomflow.Aspire.Workload.Echo;
using StackExchange.Redis;

namespace Loomflow.Load;

/// <summary>What is measured, one after the other, on one system of one orchestrator and one worker.</summary>
internal sealed class Measurements : IAsyncDisposable
{
    private const int Callers = 32;
    private const int MostWarmUps = 12;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);

    private readonly Topology _system;
    private readonly ServiceProcess _echo;
    private readonly ConnectionMultiplexer _redis;
    private readonly TimeSpan _length;
    private double _rawCall = double.NaN;
    private bool _isWarm;

    private Measurements(Topology system, ServiceProcess echo, ConnectionMultiplexer redis, TimeSpan length) =>
        (_system, _echo, _redis, _length) = (system, echo, redis, length);

    public static string[] Names { get; } = ["grpc", "xadd", "latency", "chain", "long", "length", "concurrency", "waiting"];

    private ServiceProcess Orchestrator => _system.Orchestrators[0];

    private Load System => new([("redis", _system.Redis.ProcessId), .. _system.Services.Select(service => (service.Name, service.Id))]);

    public static async Task<Measurements> StartAsync(TimeSpan length)
    {
        var settings = new Dictionary<string, string>
        {
            ["Worker__Capacity"] = "1000",
            ["Running__MaxRuns"] = "2000",
            // What the services do as a rule; a lease of three seconds is for tests.
            ["Running__Lease"] = "00:00:10",
        };
        var system = await Topology.StartAsync(new TopologyOptions { Workload = true, Settings = settings }, CancellationToken.None);
        var echo = new ServiceProcess("Orchestrator", "echo", [new("ServiceAuth__Key", Guid.NewGuid().ToString("n"))], "echo");
        await echo.StartAsync(CancellationToken.None);
        return new Measurements(system, echo, await ConnectionMultiplexer.ConnectAsync(system.Redis.ConnectionString), length);
    }

    public async Task RunAsync(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            await (name switch
            {
                "grpc" => GrpcAsync(),
                "xadd" => XaddAsync(),
                "latency" => LatencyAsync(),
                "chain" => ChainAsync(),
                "long" => LongAsync(),
                "length" => LengthAsync(),
                "concurrency" => ConcurrencyAsync(),
                "waiting" => WaitingAsync(),
                _ => throw new ArgumentException($"'{name}' is not a measurement: one of {string.Join(", ", Names)}."),
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _echo.DisposeAsync();
        await _system.DisposeAsync();
    }

    /// <summary>A bare unary call: this process calls, another one answers.</summary>
    private async Task GrpcAsync()
    {
        using var channel = GrpcChannel.ForAddress(_echo.Grpc);
        var client = new Echo.EchoClient(channel);
        var message = new Message { Body = ByteString.CopyFrom(new byte[100]) };
        var load = new Load([("client", Environment.ProcessId), ("server", _echo.Id)]);
        async Task Call(int _) => await client.SayAsync(message);
        await load.RunAsync(Callers, _length, Call);
        Print("raw gRPC echo, one at a time", (await load.RunAsync(1, _length, Call)).Describe("calls"));
        var busy = await load.RunAsync(Callers, _length, Call);
        _rawCall = busy.CpuPer();
        Print($"raw gRPC echo, {Callers} callers", busy.Describe("calls"));
    }

    /// <summary>A bare append to a stream of Redis, of the size of an event, synced to disk as journals are.</summary>
    private async Task XaddAsync()
    {
        var database = _redis.GetDatabase();
        var load = new Load([("client", Environment.ProcessId), ("redis", _system.Redis.ProcessId)]);
        var body = new byte[300];
        async Task Append(int _) => await database.StreamAddAsync("load:xadd", "e", body);
        await load.RunAsync(Callers, _length / 2, Append);
        Print("raw XADD, one at a time", (await load.RunAsync(1, _length, Append)).Describe("appends"));
        Print($"raw XADD, {Callers} callers", (await load.RunAsync(Callers, _length, Append)).Describe("appends"));
        await database.KeyDeleteAsync("load:xadd");
    }

    private async Task LatencyAsync()
    {
        await WarmAsync();
        Print("run of one echo step, one at a time", (await System.RunAsync(1, _length * 2, _ => RunAsync(1))).Describe("runs"));
    }

    private async Task ChainAsync()
    {
        await WarmAsync();
        foreach (var callers in (int[])[1, Callers])
        {
            var result = await System.RunAsync(callers, _length * 2, _ => RunAsync(10));
            Print($"chain of 10 steps, {callers} callers", $"{result.Describe("steps", 10)}{Ratio(result.CpuPer(10))}");
        }
    }

    /// <summary>Runs so long that starting and ending one is no part of a step's cost worth mentioning.</summary>
    private async Task LongAsync()
    {
        await WarmAsync();
        foreach (var callers in (int[])[Callers, 100])
        {
            var result = await System.RunAsync(callers, _length * 2, _ => RunAsync(100));
            Print($"chain of 100 steps, {callers} callers", $"{result.Describe("steps", 100)}{Ratio(result.CpuPer(100))}");
        }
    }

    /// <summary>The same number of steps in few long runs and in many short ones.</summary>
    private async Task LengthAsync()
    {
        await WarmAsync();
        foreach (var steps in (int[])[10, 100, 1_000, 5_000])
        {
            var result = await System.RunAsync(4, TimeSpan.Zero, _ => RunAsync(steps), Math.Max(4, 5_000 / steps));
            Print($"runs of {steps} steps, 4 at a time", $"{result.Describe("steps", steps)}{Ratio(result.CpuPer(steps))}");
        }
    }

    private async Task ConcurrencyAsync()
    {
        await WarmAsync();
        foreach (var callers in (int[])[1, 10, 100, 1_000])
        {
            var result = await System.RunAsync(callers, TimeSpan.Zero, _ => RunAsync(10), Math.Max(500, callers));
            Print($"chains of 10, {callers} runs at a time", $"{result.Describe("steps", 10)}{Ratio(result.CpuPer(10))}");
        }
    }

    /// <summary>What runs cost that wait for a person.</summary>
    private async Task WaitingAsync()
    {
        const int Runs = 10_000;
        var database = _redis.GetDatabase();
        var heapBefore = await HeapAsync();
        var usedBefore = await UsedAsync();
        var ids = new string[Runs];
        await System.RunAsync(Callers, TimeSpan.Zero, async i => ids[i - 1] = await _system.StartRunAsync("wait", "Is this agreed?", $"user-{i % 100}", CancellationToken.None), Runs);
        foreach (var id in ids)
        {
            while ((string?)await database.HashGetAsync($"loom:run:{{{id}}}", "status") != "waiting") await Task.Delay(10);
        }

        long bytes = 0;
        foreach (var id in ids.Where((_, i) => i % 100 == 0))
        {
            foreach (var key in (string[])["", ":journal", ":inbox"])
            {
                var usage = await database.ExecuteAsync("MEMORY", "USAGE", $"loom:run:{{{id}}}{key}", "SAMPLES", "0");
                if (!usage.IsNull) bytes += (long)usage;
            }
        }

        var used = await UsedAsync() - usedBefore;
        var heap = await HeapAsync();
        Print($"{Runs} waiting runs", string.Create(
            CultureInfo.InvariantCulture,
            $"keys of a run {bytes * 100.0 / Runs / 1024:0.0} KB, all of Redis {used / 1024.0 / Runs:0.0} KB a run; heap of the orchestrator {heapBefore / 1e6:0.0} MB before, {heap / 1e6:0.0} MB after"));
    }

    private async Task<long> UsedAsync()
    {
        var info = (string)(await _redis.GetDatabase().ExecuteAsync("INFO", "memory"))!;
        return long.Parse(info.Split('\n').First(line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Trim()["used_memory:".Length..], CultureInfo.InvariantCulture);
    }

    private async Task<long> HeapAsync()
    {
        using var http = new HttpClient();
        return long.Parse(await http.GetStringAsync($"{Orchestrator.Http}/heap"), CultureInfo.InvariantCulture);
    }

    /// <summary>Until the services have compiled their hot paths for good: a step's cost does not fall any more.</summary>
    private async Task WarmAsync()
    {
        if (_isWarm) return;
        var before = double.MaxValue;
        for (var window = 0; window < MostWarmUps; window++)
        {
            var now = (await System.RunAsync(Callers, s_warmUp, _ => RunAsync(10))).CpuPer(10);
            if (now > before * 0.97) break;
            before = now;
        }

        _isWarm = true;
    }

    private async Task RunAsync(int steps)
    {
        var run = await _system.RunToEndAsync(Orchestrator, $"echo{steps}", "hello", "load", CancellationToken.None);
        if (run.GetProperty("status").GetString() != "completed") throw new InvalidOperationException($"A run of {steps} steps ended as: {run}\n{_system.Tails}");
    }

    private string Ratio(double step) => double.IsNaN(_rawCall) ? "" : string.Create(CultureInfo.InvariantCulture, $"  = {step / _rawCall:0.0} raw calls a step");

    private static void Print(string what, string result) => Console.WriteLine($"{what,-38} {result}");
}
