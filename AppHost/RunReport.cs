using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AppHost;

/// <summary>
/// Tells a script what a person sees in the dashboard: with <c>--report FILE</c>, one line of JSON for each change of a resource's state,
/// health or URLs, and the end of its log once it failed.
/// </summary>
internal sealed class RunReport(string path, ResourceNotificationService notifications, ResourceLoggerService logs) : BackgroundService
{
    private const int TailLength = 30;

    private static readonly string[] s_failures = [KnownResourceStates.FailedToStart, KnownResourceStates.Exited, KnownResourceStates.Finished];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        await using var report = new StreamWriter(file) { AutoFlush = true };
        var written = new Dictionary<string, string>();
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            var line = await DescribeAsync(change, stoppingToken);
            if (written.GetValueOrDefault(change.ResourceId) == line) continue;

            written[change.ResourceId] = line;
            await report.WriteLineAsync(line.AsMemory(), stoppingToken);
        }
    }

    private async Task<string> DescribeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        var snapshot = change.Snapshot;
        var urls = new JsonObject();
        foreach (var url in snapshot.Urls.Where(url => url.Name is not null)) urls[url.Name!] = url.Url;
        var line = new JsonObject
        {
            ["resource"] = change.Resource.Name,
            ["instance"] = change.ResourceId,
            ["state"] = snapshot.State?.Text,
            ["health"] = snapshot.HealthStatus?.ToString(),
            ["exitCode"] = snapshot.ExitCode,
            ["urls"] = urls,
        };
        if (s_failures.Contains(snapshot.State?.Text)) line["log"] = await TailAsync(change.ResourceId, cancellationToken);
        return line.ToJsonString(JsonSerializerOptions.Web);
    }

    private async Task<JsonArray> TailAsync(string instance, CancellationToken cancellationToken)
    {
        var tail = new Queue<string>();
        await foreach (var batch in logs.GetAllAsync(instance).WithCancellation(cancellationToken))
        {
            foreach (var line in batch)
            {
                if (tail.Count == TailLength) tail.Dequeue();
                tail.Enqueue(line.Content);
            }
        }

        return new JsonArray([.. tail.Select(line => (JsonNode)line)]);
    }
}
