using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd;

/// <summary>A service as its own process, on ports of its own, that can be killed, frozen and started again.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    /// <summary>How long any one thing may take on a machine that has much else to do. What takes longer hangs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static readonly HttpClient s_http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) });

    private readonly string _project;
    private readonly string? _workload;
    private readonly Dictionary<string, string> _environment;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    /// <summary>Is told every line that the process prints.</summary>
    public event Action<string>? Printed;

    /// <param name="project">The service's project, whose settings it has.</param>
    /// <param name="name">Its resource name.</param>
    /// <param name="environment">Further settings.</param>
    /// <param name="workload">The role of the workload that takes the service's place, where one does.</param>
    public ServiceProcess(string project, string name, IEnumerable<KeyValuePair<string, string>> environment, string? workload = null)
    {
        (_project, Name, _workload) = (project, name, workload);
        var settings = new Dictionary<string, string>(environment);
        Grpc = $"{(settings.ContainsKey("Kestrel__Endpoints__grpc__Certificate__Path") ? "https" : "http")}://127.0.0.1:{FreePort.Next()}";
        _environment = new Dictionary<string, string>(settings)
        {
            ["OTEL_SERVICE_NAME"] = name,
            ["Kestrel__Endpoints__http__Url"] = Http,
            ["Kestrel__Endpoints__grpc__Url"] = Grpc,
        };
    }

    public string Name { get; }

    public string Http { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    public string Grpc { get; }

    /// <summary>The process's id while it runs.</summary>
    public int Id => _process!.Id;

    /// <summary>How much memory the process has.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].TrimStart('\t'),
        System.Globalization.CultureInfo.InvariantCulture) * 1024;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The end of what the process has printed, for a failing test's message.</summary>
    public string Tail => $"--- {Name} ---\n{string.Join('\n', _output.TakeLast(40))}";

    /// <summary>All that the process has printed that is still kept.</summary>
    public IReadOnlyCollection<string> Output => _output;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var start = StartOf([]);
        var former = _process;
        _process = ProcessStarter.Start(start);
        former?.Dispose();
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await HealthyAsync(cancellationToken);
    }

    /// <summary>Runs a command of the service, with its settings, and gives what it said.</summary>
    public async Task<(int ExitCode, string Output, string Messages)> CommandAsync(IEnumerable<string> arguments, CancellationToken cancellationToken, params (string Key, string? Value)[] settings)
    {
        var start = StartOf([.. arguments]);
        foreach (var (key, value) in settings) start.Environment[key] = value;
        using var process = ProcessStarter.Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var messages = process.StandardError.ReadToEndAsync(cancellationToken);
            await EndedAsync(process, $"'{string.Join(' ', arguments)}' did not end", cancellationToken);
            return (process.ExitCode, await output, await messages);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Kills the process as an out-of-memory killer would.</summary>
    public async Task KillAsync()
    {
        if (_process is not { HasExited: false } process) return;
        process.Kill();
        await EndedAsync(process, "it was killed and did not end", CancellationToken.None);
    }

    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    /// <summary>Asks the process to stop and waits until it has.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_process is not { HasExited: false } process) return;
        Signal("TERM");
        await EndedAsync(process, "it was told to stop and did not end", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    private ProcessStartInfo StartOf(IReadOnlyList<string> arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var assembly = _workload is null
            ? Path.Combine(Repository.Root, "src", _project, "bin", configuration, "net10.0", $"{_project}.dll")
            : Path.Combine(Repository.Root, "tests", "Workload", "bin", configuration, "net10.0", "Workload.dll");
        var start = new ProcessStartInfo("setpriv")
        {
            // The kernel ends the service when the test process ends, however it ends.
            ArgumentList = { "--pdeathsig", "KILL", "dotnet", assembly },
            WorkingDirectory = Path.Combine(Repository.Root, "src", _project),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (_workload is not null) start.ArgumentList.Add(_workload);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (key, value) in _environment) start.Environment[key] = value;
        return start;
    }

    private async Task HealthyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            if (_process!.HasExited)
            {
                // Its last words are read after it has ended.
                await EndedAsync(_process, "its output did not end with it", cancellationToken);
                throw new InvalidOperationException($"{Name} ended with exit code {_process.ExitCode}.\n{Tail}");
            }

            try
            {
                await pause.WaitForNextTickAsync(limit.Token);
                if ((await s_http.GetAsync($"{Http}/health", limit.Token)).StatusCode == HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{Name} did not become healthy.\n{Tail}");
            }
        }
    }

    /// <summary>Waits until a process has ended and all that it has printed is here.</summary>
    private async Task EndedAsync(Process process, string otherwise, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Name}: {otherwise} in {s_patience}.\n{Tail}");
        }
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        Printed?.Invoke(line);
        _output.Enqueue(line);
        while (_output.Count > 400) _output.TryDequeue(out _);
    }
}
