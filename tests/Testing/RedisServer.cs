using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Loomflow.Testing;

/// <summary>
/// A real redis-server of a test's own: on a free loopback port, with its data in a temporary directory, gone when it is
/// disposed or the test process ends in whatever way. Share one by a fixture:
/// <code>
/// public sealed class RedisFixture : IAsyncLifetime
/// {
///     public RedisServer Redis { get; private set; } = null!;
///     public async ValueTask InitializeAsync() => Redis = await RedisServer.StartAsync();
///     public ValueTask DisposeAsync() => Redis.DisposeAsync();
/// }
/// public class JournalTests(RedisFixture fixture) : IClassFixture&lt;RedisFixture>   // or [assembly: AssemblyFixture(typeof(RedisFixture))]
/// </code>
/// Where redis-server is not installed, starting one skips the test.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly RedisServerOptions _options;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("loomflow-redis-");
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;
    private int _databases;

    private RedisServer(RedisServerOptions options) => _options = options;

    public int Port { get; private set; } = FreePort.Next();

    /// <summary>Host and port, as in <c>127.0.0.1:40123</c>.</summary>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>For StackExchange.Redis: the endpoint, and the password where there is one.</summary>
    public string ConnectionString => _options.Password is { } password ? $"{Endpoint},password={password}" : Endpoint;

    /// <summary>A connection string to a database that no other test has: queues and indexes are shared by everybody in one.</summary>
    public string NewDatabase() => $"{ConnectionString},defaultDatabase={Interlocked.Increment(ref _databases)}";

    /// <summary>The server's process while it runs.</summary>
    public int ProcessId => _process!.Id;

    public string DataDirectory => _directory.FullName;

    /// <summary>What the server has written to its console.</summary>
    public string Output => string.Join('\n', _output);

    public static bool IsInstalled => Find("redis-server") is not null;

    /// <summary>Skips the test where there is no redis-server to run it with.</summary>
    public static void SkipIfMissing() =>
        Assert.SkipUnless(IsInstalled, "redis-server is not installed: on Debian and Ubuntu, 'apt-get install redis-server'.");

    public static async Task<RedisServer> StartAsync(RedisServerOptions? options = null)
    {
        SkipIfMissing();
        var server = new RedisServer(options ?? new RedisServerOptions());
        try
        {
            await server.LaunchAsync(mayMove: true);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().WaitAsync(s_patience);
        process.Dispose();
    }

    /// <summary>Starts the server again after <see cref="KillAsync"/>, or kills it first: on the same port, with the data that it kept.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await LaunchAsync(mayMove: false);
    }

    /// <summary>Stops the server in its tracks: its socket still accepts, and nothing answers.</summary>
    public void Pause() => Signal("STOP");

    public void Resume() => Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _directory.Delete(recursive: true);
    }

    private async Task LaunchAsync(bool mayMove)
    {
        for (var attempt = 1; ; attempt++)
        {
            Start();
            if (await AnswersAsync()) return;
            await KillAsync();
            // Another process may have taken the port between our choice and the server's bind.
            if (!mayMove || attempt == 5) throw new InvalidOperationException($"redis-server did not answer on {Endpoint}:\n{Output}");
            Port = FreePort.Next();
        }
    }

    private void Start()
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", DataDirectory, "--save", "", "--databases", "1024",
            "--appendonly", _options.AppendOnly ? "yes" : "no", "--appendfsync", _options.AppendOnly ? "always" : "no",
            .. _options.Password is { } password ? (string[])["--requirepass", password] : [],
            .. _options.Arguments,
        ];

        // The kernel kills the server when its parent dies: setpriv asks for that. The parent is the thread that starts it,
        // so that must be one that lives as long as the process.
        var launcher = Find("setpriv");
        var start = new ProcessStartInfo(launcher ?? "redis-server", launcher is null ? arguments : ["--pdeathsig", "KILL", "redis-server", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        var process = ProcessStarter.Start(start);
        process.OutputDataReceived += (_, line) => Record(line.Data);
        process.ErrorDataReceived += (_, line) => Record(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    private void Record(string? line)
    {
        if (line is not null) _output.Enqueue(line);
    }

    private async Task<bool> AnswersAsync()
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (!deadline.IsCancellationRequested && _process is { HasExited: false })
        {
            if (await PingAsync(deadline.Token)) return true;
            await Task.Delay(10);
        }

        return false;
    }

    // Any answer but LOADING will do: PONG, or that a password is required. It must come from our process, not from
    // another that holds the port.
    private async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            var buffer = new byte[256];
            var length = await stream.ReadAsync(buffer, cancellationToken);
            return length > 0 && !Encoding.ASCII.GetString(buffer, 0, length).Contains("LOADING", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Signal(string signal)
    {
        var process = _process ?? throw new InvalidOperationException("The server is not running.");
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"kill -{signal} {process.Id} failed.");
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);
}
