using System.Diagnostics;
using System.Globalization;
using System.Text;
using Grpc.Net.Client;
using Loomflow.Aspire.AuditService;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Audit;
using Loomflow.Audit.Client;
using Loomflow.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using AuditEntry = Loomflow.Audit.AuditEntry;

namespace Loomflow.Benchmarks.Audit;

/// <summary>
/// Measures the audit log against the disk: throughput, latency and queries of whole workloads, which a micro-benchmark's
/// repetitions would only blur. Each number is one run, printed with what it was measured on.
/// </summary>
internal static class AuditMeasurements
{
    private static readonly AuditKey s_key = new("k1", Enumerable.Range(0, 32).Select(i => (byte)(7 * i)).ToArray());

    /// <summary>Runs what is named: memory, append, latency, grpc, verify, query=millions.</summary>
    public static async Task RunAsync(string[] names)
    {
        var directory = Directory.CreateTempSubdirectory("loomflow-audit-bench-").FullName;
        try
        {
            Fsync(directory);
            foreach (var name in names)
            {
                var path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
                switch (name.Split('='))
                {
                    case ["memory"]: await MemoryAsync(); break;
                    case ["append"]: await AppendAsync(path, 1_000_000); break;
                    case ["latency"]: await LatencyAsync(path); break;
                    case ["grpc"]: await GrpcAsync(path); break;
                    case ["query", var millions]: await QueryAsync(path, int.Parse(millions, CultureInfo.InvariantCulture) * 1_000_000); break;
                    default: throw new ArgumentException($"'{name}' is not one of memory, append, latency, grpc, query=millions.");
                }
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Fsync(string directory)
    {
        using var file = File.OpenHandle(Path.Combine(directory, "fsync"), FileMode.Create, FileAccess.Write);
        var times = new double[500];
        for (var i = 0; i < times.Length; i++)
        {
            RandomAccess.Write(file, new byte[500], i * 500L);
            var started = Stopwatch.GetTimestamp();
            RandomAccess.FlushToDisk(file);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        Print($"fsync: median {times[250]:0.000} ms, p99 {times[495]:0.000} ms");
    }

    private static async Task MemoryAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            using var log = new InMemoryAuditLog(s_key);
            var entries = Enumerable.Range(0, 200_000).Select(i => Entry(i, 10)).ToList();
            var started = Clocks.Start();
            foreach (var entry in entries) await log.AppendAsync(entry);
            Print($"in memory: {started.Wall.TotalMicroseconds / entries.Count:0.00} us per append, {started.Cpu.TotalMicroseconds / entries.Count:0.00} us of CPU");
        }
    }

    private static async Task AppendAsync(string path, int count)
    {
        await using (var log = Open(path))
        {
            // Producing entries is not what is measured.
            var batches = Enumerable.Range(0, count / 200).Select(batch => Enumerable.Range(batch * 200, 200).Select(i => Entry(i, 100)).ToArray()).ToArray();
            var next = -1;
            var started = Clocks.Start();
            await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
            {
                for (int mine; (mine = Interlocked.Increment(ref next)) < batches.Length;) await log.AppendAsync((IReadOnlyList<AuditEntry>)batches[mine]);
            })));
            Print($"durable appends in process, 64 producers of batches of 200: {count / started.Wall.TotalSeconds:N0}/s, {started.Cpu.TotalMicroseconds / count:0.00} us of CPU each");
        }

        for (var round = 0; round < 2; round++)
        {
            var started = Clocks.Start();
            var result = await new LogVerification(new LogFiles(path), new AuditKeyRing(s_key), []).RunAsync(CancellationToken.None);
            Print($"verification with payloads, {Environment.ProcessorCount} cores: {result.Entries / started.Wall.TotalSeconds:N0} entries/s, {started.Cpu.TotalMicroseconds / result.Entries:0.00} us of CPU each, {result.Damage?.ToString() ?? "intact"}");
        }
    }

    private static async Task LatencyAsync(string path)
    {
        await using var log = Open(path);
        var times = new double[4_000];
        for (var i = 0; i < times.Length; i++)
        {
            var entry = Entry(i, 10);
            var started = Stopwatch.GetTimestamp();
            await log.AppendAsync(entry);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        times = times[500..];
        Array.Sort(times);
        Print($"one append at a time: median {times[times.Length / 2]:0.000} ms, p99 {times[times.Length * 99 / 100]:0.000} ms");
    }

    private static async Task GrpcAsync(string path)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Audit:Directory"] = path, ["Audit:Key"] = "cpBcGmfqXVlbpZ2DDWq7U2Vu8WQ5QhGzDAs5y2kBJSY=" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.AddServiceDefaults();
        builder.AddAuditLog();
        await using var app = builder.Build();
        app.MapAuditApi();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        const int clients = 8;
        const int perClient = 100_000;
        var entries = Enumerable.Range(0, clients).Select(client => Enumerable.Range(0, perClient).Select(i => Entry(i, 100, $"client-{client}")).ToArray()).ToArray();
        var started = Clocks.Start();
        await Task.WhenAll(entries.Select(async mine =>
        {
            using var channel = GrpcChannel.ForAddress(address);
            await using var log = new GrpcAuditLog(new AuditAppender.AuditAppenderClient(channel), Options.Create(new AuditClientOptions()), NullLogger<GrpcAuditLog>.Instance);
            var window = new Queue<Task<AuditReceipt>>();
            foreach (var entry in mine)
            {
                window.Enqueue(log.AppendAsync(entry).AsTask());
                if (window.Count == 4_000) await window.Dequeue();
            }

            await Task.WhenAll(window);
        }));
        Print($"gRPC, {clients} clients in the same process, single appends pipelined: {clients * perClient / started.Wall.TotalSeconds:N0}/s, {started.Cpu.TotalMicroseconds / (clients * perClient):0.00} us of CPU each for both sides");
        await app.StopAsync();
    }

    private static async Task QueryAsync(string path, int count)
    {
        await using var log = Open(path);
        const int perRun = 50;
        for (var at = 0; at < count; at += 4_000)
        {
            await log.AppendAsync([.. Enumerable.Range(at, 4_000).Select(i => Entry(i, perRun))]);
            if (at % 1_000_000 == 0) Print($"  {at:N0} entries, heap {GC.GetTotalMemory(forceFullCollection: true) / 1e6:N0} MB");
        }

        Print($"  {log.Size:N0} entries, heap {GC.GetTotalMemory(forceFullCollection: true) / 1e6:N0} MB, {Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) / 1e9:N1} GB on disk");
        var reader = new LogReader(log);
        var random = new Random(1);
        var times = new double[200];
        for (var i = 0; i < times.Length; i++)
        {
            var run = $"run-{random.Next(count / perRun)}";
            var started = Stopwatch.GetTimestamp();
            var page = reader.Query(new AuditQuery { RunId = run });
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (page.Records.Count != perRun) throw new InvalidOperationException($"{run} has {page.Records.Count} entries.");
        }

        Print($"one run of {perRun} among {count:N0} entries: first in the process {times[0]:0.00} ms, then median {times.Skip(1).Order().ElementAt(100):0.00} ms, worst {times.Skip(1).Max():0.00} ms");
        var append = Stopwatch.GetTimestamp();
        const int more = 200_000;
        for (var at = count; at < count + more; at += 4_000) await log.AppendAsync([.. Enumerable.Range(at, 4_000).Select(i => Entry(i, perRun))]);
        Print($"appends to a log of that size, one producer: {more / Stopwatch.GetElapsedTime(append).TotalSeconds:N0}/s");
    }

    private static AuditLog Open(string path) =>
        new(new AuditOptions(), new LogFiles(path), new AuditKeyRing(s_key), TimeProvider.System, NullLogger<AuditLog>.Instance);

    private static AuditEntry Entry(int number, int perRun, string prefix = "run")
    {
        var run = $"{prefix}-{number / perRun}";
        return new AuditEntry
        {
            EventId = $"{run}/{number % perRun}",
            Time = DateTimeOffset.UnixEpoch.AddSeconds(number),
            Action = (number & 1) == 0 ? AuditAction.StepStarted : AuditAction.StepCompleted,
            Actor = AuditActor.Workflow,
            Partition = PartitionKey.Named($"user-{number % 997}"),
            SessionId = $"session-{number / (4 * perRun)}",
            RunId = run,
            RootRunId = run,
            Subject = "support",
            Node = "classify",
            Visit = 1,
            Attempt = 1,
            TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            SpanId = "00f067aa0ba902b7",
            Payload = Encoding.UTF8.GetBytes("""{"input":"My card was charged twice, please help."}"""),
        };
    }

    /// <summary>Elapsed time, and the processor time of the whole process: on a machine that is busy with other things, the two differ.</summary>
    private sealed record Clocks(long Timestamp, TimeSpan Processor)
    {
        public TimeSpan Wall => Stopwatch.GetElapsedTime(Timestamp);

        public TimeSpan Cpu => Environment.CpuUsage.TotalTime - Processor;

        public static Clocks Start() => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
