using System.Text.Json.Nodes;
//#if (offline)
using Loomflow.Aspire.Cli.Packages;
//#endif
using Loomflow.Aspire.Cli.Processes;
//#if (offline)
using Loomflow.Aspire.Cli.Setup;
//#endif

namespace Loomflow.Aspire.Cli.Up;

/// <summary><c>up</c>: does all set-up, starts the system, sends one request through it and stays up.</summary>
internal static class UpCommand
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(Workspace workspace, bool once, CancellationToken cancellationToken)
    {
        using var onlyOne = Lock(workspace);
        //#if (offline)
        var choice = await PackageChooser.ChooseAsync(workspace, cancellationToken);
        if (choice.UseStandIns) await EnsureRedisAsync(workspace, cancellationToken);
        //#endif
        await Dotnet.BuildAsync(workspace, workspace.In("AppHost", "AppHost.csproj"), locked: false, cancellationToken);

        Terminal.Heading("Starting");
        var report = workspace.InState("report.jsonl");
        File.Delete(report);
        var topology = new Topology(report);
        var key = new DevelopmentKey();
        await using var appHost = AppHostProcess.Start(workspace, report, key);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = topology.WatchAsync(watch.Token);
        try
        {
            await StartedAsync(topology, appHost, watching, cancellationToken);
            await SampleAsync(topology, appHost, key, cancellationToken);
            ShowUrls(workspace, topology, appHost, key);
            if (!once) await StayAsync(appHost, cancellationToken);
        }
        finally
        {
            await watch.CancelAsync();
            Terminal.Heading("Stopping");
        }

        return 0;
    }

    /// <summary>The state of a run is in the copy's own folder, so one copy runs once.</summary>
    private static FileStream Lock(Workspace workspace)
    {
        Directory.CreateDirectory(workspace.State);
        try
        {
            return new FileStream(workspace.InState("up.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandFailedException($"The system is already up from {workspace.Root}: stop that, or use another copy of the repository.");
        }
    }

    //#if (offline)
    private static async Task EnsureRedisAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        Terminal.Heading("Redis");
        if (await RedisServer.EnsureAsync(workspace, cancellationToken) is { } missing) throw new CommandFailedException(missing);
    }

    //#endif
    private static async Task StartedAsync(Topology topology, AppHostProcess appHost, Task watching, CancellationToken cancellationToken)
    {
        var first = await Task.WhenAny(topology.Settled, appHost.Completion, watching, Task.Delay(s_startLimit, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (first == watching) await watching;
        if (first == appHost.Completion) throw new CommandFailedException($"AppHost ended with exit code {await appHost.Completion} before everything was healthy.", appHost.TailOf("AppHost"));
        if (first != topology.Settled)
        {
            var late = topology.NotReady.FirstOrDefault();
            throw new CommandFailedException(
                $"Not everything was healthy after {s_startLimit.TotalMinutes:0} minutes: {string.Join(", ", topology.NotReady.Select(state => $"{state.Instance} is {state}"))}.",
                appHost.TailOf(late?.Instance ?? "AppHost"));
        }

        if (await topology.Settled is { } failed) throw new CommandFailedException($"'{failed.Instance}' failed: {failed}.", failed.Log ?? appHost.TailOf(failed.Instance));
    }

    private static async Task SampleAsync(Topology topology, AppHostProcess appHost, DevelopmentKey key, CancellationToken cancellationToken)
    {
        Terminal.Heading($"Asking, as {Sample.User}: {Sample.Request}");
        using var sample = new Sample(topology.Url(Sample.Orchestrator, "http"), topology.Url(Sample.Audit, "http"), key);
        JsonObject run;
        try
        {
            run = await sample.RunAsync(cancellationToken);
        }
        catch (Exception error) when (error is CommandFailedException or HttpRequestException)
        {
            throw new CommandFailedException(error.Message, appHost.TailOf(Sample.Orchestrator));
        }

        var runId = run["id"]!.GetValue<string>();
        Terminal.Detail($"answer   {run["output"]}");
        Terminal.Detail($"visited  {string.Join(" -> ", run["visited"]!.AsArray().Select(node => node!.ToString()))}");
        Terminal.Detail($"run      {runId}, trace {run["traceId"]}");
        try
        {
            Terminal.Detail($"trail    {await sample.TrailAsync(runId, cancellationToken)} entries in the audit log");
            Terminal.Detail($"audit    {(await sample.VerifyAsync(cancellationToken)).Replace("\n", "\n         ", StringComparison.Ordinal)}");
        }
        catch (Exception error) when (error is CommandFailedException or HttpRequestException)
        {
            throw new CommandFailedException(error.Message, appHost.TailOf(Sample.Audit));
        }
    }

    private static void ShowUrls(Workspace workspace, Topology topology, AppHostProcess appHost, DevelopmentKey key)
    {
        var orchestrator = topology.Url(Sample.Orchestrator, "http");
        Terminal.Heading("Up");
        Terminal.Detail($"orchestrator  {orchestrator}");
        Terminal.Detail($"audit         {topology.Url(Sample.Audit, "http")}");
        if (appHost.Dashboard is { } dashboard) Terminal.Detail($"dashboard     {dashboard}");
        Terminal.Detail($"logs          {Path.GetRelativePath(workspace.Root, appHost.LogPath)}");
        Terminal.Detail($"key           {key.Text}  ({Sample.User}'s, for this start alone)");
        Terminal.Detail($$"""ask           curl -H 'Authorization: Bearer {{key.Text}}' -H 'Content-Type: application/json' -H 'Prefer: wait=60' -d '{"input": "My app crashes"}' {{new Uri(orchestrator, Sample.Path)}}""");
    }

    private static async Task StayAsync(AppHostProcess appHost, CancellationToken cancellationToken)
    {
        Terminal.Line("Ctrl+C stops everything.");
        var stop = Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        if (await Task.WhenAny(appHost.Completion, stop) == stop) return;
        if (!cancellationToken.IsCancellationRequested) throw new CommandFailedException($"AppHost ended with exit code {await appHost.Completion}.", appHost.TailOf("AppHost"));
    }
}
