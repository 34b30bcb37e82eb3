using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Run;

/// <summary>A started program, in a process group of its own so that Ctrl+C in the terminal does not reach it before its turn.</summary>
internal sealed partial class ResourceProcess : IDisposable
{
    private const int Terminate = 15;
    private const int Kill = 9;

    // Waits for a line before it becomes the program: by then the watchdog knows the process id, so nothing can be left behind.
    private const string Launcher = """
        read -r _ || exit 143
        if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; fi
        trap '' INT
        exec "$@"
        """;

    // What the host was given for itself and a resource must not take for its own.
    private static readonly string[] s_notInherited =
    [
        "ASPNETCORE_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS", "HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE",
        "ASPIRE_", "DOTNET_DASHBOARD_", "DOTNET_RESOURCE_SERVICE_ENDPOINT_URL", "AppHost__", "Parameters__",
    ];

    private readonly Process _process;
    private readonly Watchdog _watchdog;
    private readonly Task _output;

    private ResourceProcess(Process process, Watchdog watchdog, Task output)
    {
        _process = process;
        _watchdog = watchdog;
        _output = output;
        Id = process.Id;
        Exited = WaitAsync();
    }

    public int Id { get; }

    /// <summary>The exit code; 128 and the signal's number if a signal ended it.</summary>
    public Task<int> Exited { get; }

    /// <exception cref="DistributedApplicationException">The program is not there, or cannot be started.</exception>
    public static ResourceProcess Start(ProcessSpec spec, Watchdog watchdog, Action<string, bool> onLine)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new DistributedApplicationException("The stand-in for Aspire starts processes on Linux and macOS only: use WSL, or the genuine packages.");
        }

        if (!Directory.Exists(spec.WorkingDirectory)) throw new DistributedApplicationException($"The working directory '{spec.WorkingDirectory}' does not exist.");

        var start = new ProcessStartInfo("/bin/sh", ["-c", Launcher, "sh", Find(spec), .. spec.Arguments])
        {
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsOfTheHost).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in spec.Environment) start.Environment[name] = value;

        var process = Process.Start(start)!;
        watchdog.Add(process.Id);
        var output = Task.WhenAll(ReadAsync(process.StandardOutput, line => onLine(line, false)), ReadAsync(process.StandardError, line => onLine(line, true)));
        try
        {
            process.StandardInput.Write($"\n{spec.Input}");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already; the exit code and its output say why.
        }

        return new ResourceProcess(process, watchdog, output);
    }

    /// <summary>Asks it to stop, and ends it with whatever it started once <paramref name="grace"/> is over.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (!Exited.IsCompleted) Signal(Terminate);
        await Task.WhenAny(Exited, Task.Delay(grace));
        Signal(Kill);
        await Exited;
    }

    public void Dispose() => _process.Dispose();

    private static bool IsOfTheHost(string name) => s_notInherited.Any(host =>
        host.EndsWith('_') ? name.StartsWith(host, StringComparison.OrdinalIgnoreCase) : name.Equals(host, StringComparison.OrdinalIgnoreCase));

    private static string Find(ProcessSpec spec)
    {
        if (spec.FileName.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(spec.FileName, spec.WorkingDirectory);
            return File.Exists(path) ? path : throw new DistributedApplicationException($"The program '{path}' does not exist.");
        }

        // Debian keeps some servers outside an ordinary user's PATH.
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"]);
        return folders.Select(folder => Path.Combine(folder, spec.FileName)).FirstOrDefault(File.Exists)
            ?? throw new DistributedApplicationException($"The program '{spec.FileName}' was not found on the PATH. {spec.HowToInstall}".TrimEnd());
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line) onLine(line);
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();

        // What it wrote last is in the pipe; a child that it left behind could hold the pipe open for good.
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1)));
        Signal(Kill);
        _watchdog.Remove(Id);
        return _process.ExitCode;
    }

    private void Signal(int signal)
    {
        // The whole group where the launcher could make one. After the exit only the group is addressed: the id may be another's by then.
        if (kill(-Id, signal) != 0 && !_process.HasExited) _ = kill(Id, signal);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
