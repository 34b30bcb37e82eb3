using Loomflow.Aspire.EndToEnd.Tests.Otlp;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>The metrics of docs/observability.md and those that the processes export are the same.</summary>
public sealed class MetricsTests
{
    /// <summary>What only happens when something breaks.</summary>
    private static readonly string[] s_ofBreaks = ["loom.dispatch.retries", "loom.run.takeovers", "loom.audit.verification.failures"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_OfAllThatCanHappen_AreThoseOfTheDocumentAndNoOther()
    {
        await using var gate = await Gate.StartAsync(Cancelled);
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Workload = true,
                Orchestrators = 2,
                Workers = 2,
                Collector = collector.Http,
                Settings = new Dictionary<string, string>
                {
                    ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                    ["WORKLOAD_GATE"] = gate.Address,
                    ["WORKLOAD_MEMORY"] = "broken",
                },
            },
            Cancelled);

        // Runs of every kind, twice under one user, so that there is something to remember.
        foreach (var workflow in (string[])["fanout", "fanout", "printing", "spending", "failing", "retried", "orders"])
        {
            await system.EventsAsync(await system.StartRunAsync(workflow, "This is what the run is about.", "alice", Cancelled), Cancelled);
        }

        // What a process has counted and not yet exported goes with it when it is killed.
        var documented = Documented();
        await ExportedAsync(system, collector, documented.Keys.Except(s_ofBreaks));
        await LoseAWorkerAndAnOrchestratorAsync(system, gate, collector);
        await DamageTheAuditLogAsync(system);
        await ExportedAsync(system, collector, documented.Keys);
        foreach (var service in system.Services) await service.StopAsync(Cancelled);

        var exported = Exported(collector).ToArray();
        exported.Select(metric => metric.Name).Distinct().ShouldBe(documented.Keys, ignoreOrder: true, system.Tails);
        foreach (var metric in exported)
        {
            metric.Unit.ShouldBe(documented[metric.Name].Unit, metric.Name);
            metric.Tags.ShouldBeSubsetOf(documented[metric.Name].Tags, metric.Name);
        }
    }

    private static async Task LoseAWorkerAndAnOrchestratorAsync(Topology system, Gate gate, OtlpReceiver collector)
    {
        await Task.WhenAll(system.Workers[1].KillAsync(), system.Orchestrators[1].KillAsync());
        var runId = await system.StartRunAsync("held", "Hold this.", "alice", Cancelled);
        await gate.ArrivedAsync(system, runId, Cancelled);

        await system.Workers[0].KillAsync();
        await system.Workers[1].StartAsync(Cancelled);
        await ExportedAsync(system, collector, ["loom.dispatch.retries"]);

        await system.Orchestrators[0].KillAsync();
        await system.Orchestrators[1].StartAsync(Cancelled);
        gate.Open();
        await system.EventsAsync(runId, Cancelled);
    }

    private static async Task DamageTheAuditLogAsync(Topology system)
    {
        var segment = Directory.EnumerateFiles(system.AuditDirectory, "*", SearchOption.AllDirectories).Where(file => file.EndsWith(".log", StringComparison.Ordinal)).MaxBy(file => new FileInfo(file).Length)
            ?? throw new InvalidOperationException($"There is no segment in {string.Join(", ", Directory.EnumerateFiles(system.AuditDirectory))}.");
        await using (var file = new FileStream(segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Position = file.Length / 2;
            var was = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)~was);
        }

        (await system.VerifyAsync(Cancelled)).ShouldBeFalse("the log is damaged");
    }

    private static Task ExportedAsync(Topology system, OtlpReceiver collector, IEnumerable<string> names)
    {
        return collector.UntilAsync(() => !Missing().Any(), () => $"{string.Join(", ", Missing())}\n{system.Tails}", Cancelled);

        IEnumerable<string> Missing() => names.Except(Exported(collector).Select(metric => metric.Name));
    }

    private static IEnumerable<ExportedMetric> Exported(OtlpReceiver collector) => collector.Metrics.Where(metric => metric.Meter == LoomTelemetry.Name);

    /// <summary>Name, unit and tags of each row of the document's table of metrics.</summary>
    private static Dictionary<string, (string Unit, HashSet<string> Tags)> Documented() => File.ReadLines(Path.Combine(Repository.Root, "docs", "observability.md"))
        .SkipWhile(line => line != "## Metrics")
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1].Trim('`'), cells => (cells[2], cells[3].Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(tag => tag.Trim('`')).ToHashSet()));
}
