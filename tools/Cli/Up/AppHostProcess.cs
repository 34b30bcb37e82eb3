using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Up;

/// <summary>AppHost as it was built, which ends with this process even if that is killed.</summary>
internal sealed partial class AppHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(45);

    private readonly ChildProcess _process;
    private readonly StreamWriter _log;

    private AppHostProcess(Workspace workspace, string report, DevelopmentKey key)
    {
        LogPath = workspace.InState("apphost.log");
        _log = new StreamWriter(new FileStream(LogPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var project = workspace.In("AppHost", "AppHost.csproj");
        _process = ChildProcess.Start(Dotnet.Path, [Workspace.AssemblyOf(project), "--report", report], Path.GetDirectoryName(project)!, Environment(key), Write);
    }

    /// <summary>All that AppHost and its resources wrote.</summary>
    public string LogPath { get; }

    public Task<int> Completion => _process.Completion;

    /// <summary>Where to log in to Aspire's dashboard, if there is one.</summary>
    public string? Dashboard { get; private set; }

    public static AppHostProcess Start(Workspace workspace, string report, DevelopmentKey key) => new(workspace, report, key);

    /// <summary>The last lines of one resource's log, or of AppHost's own if nothing is shown under that name.</summary>
    public IReadOnlyList<string> TailOf(string instance)
    {
        var all = _process.Output;
        var own = all.Where(line => line.StartsWith($"{instance} ", StringComparison.Ordinal) || line.StartsWith($"{instance}-", StringComparison.Ordinal)).ToArray();
        return own.Length > 0 ? own : all;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync(s_stopLimit);
        _process.Dispose();
        await _log.DisposeAsync();
    }

    // What the launch settings say, but on free ports: copies of the system run side by side.
    private static Dictionary<string, string> Environment(DevelopmentKey key) => new()
    {
        [DevelopmentKey.Variable] = key.Secret,
        ["ASPIRE_CLI_PID"] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["DOTNET_ENVIRONMENT"] = "Development",
        ["ASPNETCORE_URLS"] = FreeUrl(),
        ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = FreeUrl(),
        ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = FreeUrl(),
        ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
    };

    private static string FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return string.Create(CultureInfo.InvariantCulture, $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private void Write(string line)
    {
        _log.WriteLine(line);
        if (DashboardLogin().Match(line) is { Success: true } login) Dashboard = login.Groups["url"].Value;
    }

    [GeneratedRegex(@"dashboard at (?<url>https?://\S+)")]
    private static partial Regex DashboardLogin();
}
