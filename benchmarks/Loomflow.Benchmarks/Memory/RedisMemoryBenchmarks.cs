using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Loomflow.Redis.Memory;
using StackExchange.Redis;

namespace Loomflow.Benchmarks.Memory;

/// <summary>Memory in a redis-server of the benchmark's own, without the search module; one user has 10,000 episodes of about 60 words.</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn, MaxColumn]
public class RedisMemoryBenchmarks
{
    private const int Episodes = 10_000;
    private static readonly PartitionKey s_user = PartitionKey.Named("alice");
    private readonly Random _random = new(7);
    private string[] _words = [];
    private Process _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private RedisMemory _memory = null!;
    private int _query;

    // Not every toolchain waits for an asynchronous setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Cleanup()
    {
        _memory.Dispose();
        _connection.Dispose();
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
    }

    [Benchmark(Description = "recall, 10,000 episodes")]
    public ValueTask<IReadOnlyList<Recalled<Episode>>> Recall() => _memory.RecallAsync(s_user, new RecallQuery(Text(6)));

    [Benchmark(Description = "remember, 10,000 kept")]
    public ValueTask Remember() => _memory.RememberAsync(s_user, NewEpisode(Episodes + _query++));

    [Benchmark(Description = "remember and recall")]
    public async Task RememberAndRecall()
    {
        await Remember();
        await Recall();
    }

    [Benchmark(Description = "session, 10 exchanges")]
    public ValueTask<IReadOnlyList<Episode>> Session() => _memory.GetSessionAsync(s_user, $"s{_query++ % 100}");

    private async Task SetupAsync()
    {
        _words = [.. Enumerable.Range(0, 5_000).Select(_ => string.Concat(Enumerable.Range(0, _random.Next(3, 10)).Select(_ => (char)('a' + _random.Next(26)))))];
        var port = FreePort();
        _server = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        await AnswersAsync(port);
        _connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port}");
        _memory = new RedisMemory(_connection);
        var before = await UsedAsync();
        for (var i = 0; i < Episodes; i++) await _memory.RememberAsync(s_user, NewEpisode(i));
        Console.WriteLine($"// Redis: {(await UsedAsync() - before) / Episodes} bytes per episode of {NewEpisode(0).Input.Length + NewEpisode(0).Output.Length} characters.");

        var heap = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        await _memory.RecallAsync(s_user, new RecallQuery(Text(4)));
        Console.WriteLine($"// First recall of a process, which reads everything: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f0} ms.");
        Console.WriteLine($"// Index in process: {(GC.GetTotalMemory(forceFullCollection: true) - heap) / Episodes} bytes per episode.");
    }

    private Episode NewEpisode(int i) => new()
    {
        SessionId = $"s{i % 100}", OccurredAt = DateTimeOffset.UnixEpoch.AddSeconds(i), Input = Text(20), Output = Text(40),
    };

    private string Text(int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => _words[(int)(_words.Length * Math.Pow(_random.NextDouble(), 2))]));

    private async Task<long> UsedAsync()
    {
        var info = (string)(await _connection.GetDatabase().ExecuteAsync("INFO", "memory"))!;
        var line = info.Split('\n').Single(line => line.StartsWith("used_memory:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("used_memory:".Length), CultureInfo.InvariantCulture);
    }

    private static async Task AnswersAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 300)
            {
                await Task.Delay(100);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
