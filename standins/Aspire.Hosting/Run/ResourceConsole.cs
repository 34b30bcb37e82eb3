using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Run;

/// <summary>
/// Shows on the console what the dashboard would show: each line that a resource writes as <c>name | line</c>, each change of its
/// state as <c>name * state</c>, and once everything is healthy the URLs.
/// </summary>
internal sealed class ResourceConsole(
    DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext, ResourceNotificationService notifications, ResourceLoggerService logs,
    IHostEnvironment environment) : BackgroundService
{
    private const int TailLength = 20;
    private static readonly string[] s_colours = ["36", "33", "35", "32", "34", "96", "93", "95"];

    private static readonly TimeSpan s_usualStart = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, string> _shown = [];
    private readonly bool _useColours = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
    private readonly int _width = Math.Max(8, model.Resources.Where(HasProcess).Select(resource => resource.Name.Length + 2).DefaultIfEmpty().Max());
    private bool _wereAllHealthy;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (executionContext.IsPublishMode) return;

        logs.Written += ShowLine;
        try
        {
            Console.WriteLine($"{environment.ApplicationName} runs with the stand-ins for Aspire: no dashboard, no containers. Stop it with Ctrl+C.");
            await foreach (var change in notifications.WatchAsync(stoppingToken)) ShowState(change);
        }
        catch (OperationCanceledException)
        {
            // The application has stopped.
        }
        finally
        {
            logs.Written -= ShowLine;
        }
    }

    private static bool HasProcess(IResource resource) => resource is ProjectResource or ExecutableResource or ContainerResource;

    private void ShowLine(string instance, LogLine line) => Write(instance, '|', line.Content);

    private void ShowState(ResourceEvent change)
    {
        var description = Describe(change.Snapshot);
        if (description is null || _shown.GetValueOrDefault(change.ResourceId) == description) return;
        if (change.Resource is ParameterResource && change.Snapshot.State?.Text != KnownResourceStates.ValueMissing) return;

        _shown[change.ResourceId] = description;
        Write(change.ResourceId, '*', description);
        if (HasFailed(change.Snapshot)) ShowTail(change.ResourceId);
        ShowUrlsOnceHealthy();
    }

    private static string? Describe(CustomResourceSnapshot snapshot) => snapshot.State?.Text switch
    {
        nameof(KnownResourceStates.Running) when snapshot.HealthStatus is HealthStatus.Healthy => $"Healthy{Urls(snapshot)}",
        nameof(KnownResourceStates.Running) => $"Running (process {snapshot.Properties.FirstOrDefault()?.Value}), not healthy{Reason(snapshot)}",
        nameof(KnownResourceStates.NotStarted) => null,
        var ended when snapshot.ExitCode is { } exitCode => string.Create(CultureInfo.InvariantCulture, $"{ended} with exit code {exitCode}"),
        var state => state,
    };

    // While a resource starts the reason is no news.
    private static string Reason(CustomResourceSnapshot snapshot) => DateTime.UtcNow - snapshot.StartTimeStamp > s_usualStart
        ? string.Concat(snapshot.HealthReports.Where(report => report.Status is not HealthStatus.Healthy).Select(report => $": {report.Description}"))
        : "";

    private static string Urls(CustomResourceSnapshot snapshot) => string.Concat(snapshot.Urls.Select(url => $"  {url.Name} {url.Url}"));

    private static bool HasFailed(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.FailedToStart || snapshot.ExitCode is not (null or 0 or 143);

    private void ShowTail(string instance)
    {
        var lines = logs.Lines(instance);
        if (lines.Count == 0) return;

        Write(instance, '*', $"its last {Math.Min(TailLength, lines.Count)} lines:");
        foreach (var line in lines.TakeLast(TailLength)) Write(instance, '>', line.Content);
    }

    private void ShowUrlsOnceHealthy()
    {
        if (_wereAllHealthy) return;

        var instances = model.Resources.Where(HasProcess).Sum(resource => resource.GetReplicaCount());
        if (_shown.Count(shown => shown.Value.StartsWith("Healthy", StringComparison.Ordinal)) < instances) return;

        _wereAllHealthy = true;
        Console.WriteLine("All resources are healthy.");
    }

    private void Write(string instance, char kind, string text)
    {
        var name = instance.PadRight(_width);
        if (_useColours) name = $"\e[{s_colours[instance.Sum(character => character) % s_colours.Length]}m{name}\e[0m";
        foreach (var line in text.Split('\n')) Console.WriteLine($"{name} {kind} {line.TrimEnd('\r')}");
    }
}
