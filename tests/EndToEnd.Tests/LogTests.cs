using Loomflow.Aspire.EndToEnd.Tests.Otlp;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>What the services log while they work on runs.</summary>
public sealed class LogTests
{
    private const string Password = "hunter2-correct-horse";
    private const string Token = "sk-live-0123456789abcdefghijklmnopqrstuv";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_OfARun_SayWhichRunStepAndTraceTheyAreAboutAndNoSecret()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Workload = true,
                Collector = collector.Http,
                Settings = new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Debug", ["Logging__LogLevel__Loomflow"] = "Trace", ["OTEL_BLRP_SCHEDULE_DELAY"] = "100" },
            },
            Cancelled);

        // The step that fails says in its message what it was given; the agent is given it, too.
        var secret = $"password={Password} and {Token}";
        var failing = await system.StartRunAsync("failing", secret, "alice", Cancelled);
        var events = await system.EventsAsync(failing, Cancelled);
        await system.EventsAsync(await system.StartRunAsync("printing", secret, "alice", Cancelled), Cancelled);
        await collector.UntilAsync(() => Of(collector, "The run of failing has ended").Any() && Of(collector, "Step broken failed").Any(), () => $"the end of run {failing} and the failure of its step\n{system.Tails}", Cancelled);

        var ended = Of(collector, "The run of failing has ended").ShouldHaveSingleItem();
        ended.Attributes["RunId"].ShouldBe(failing);
        ended.TraceId.ShouldBe(events[0].TraceId);
        var failed = Of(collector, "Step broken failed").ShouldHaveSingleItem();
        failed.Service.ShouldBe("agentworker");
        failed.TraceId.ShouldBe(events[0].TraceId);
        (failed.Attributes["RunId"], failed.Attributes["Step"], failed.Attributes["Visit"], failed.Attributes["Attempt"]).ShouldBe((failing, "broken", "1", "1"));

        foreach (var service in system.Services) await service.StopAsync(Cancelled);
        var said = collector.Logs.Select(log => $"{log.Body} {string.Join(' ', log.Attributes)}")
            .Concat(collector.Spans.Select(span => span.Text))
            .Concat(system.Services.SelectMany(service => service.Output))
            .ToArray();
        foreach (var hidden in system.Secrets.Append(Password).Append(Token)) said.ShouldNotContain(line => line.Contains(hidden, StringComparison.Ordinal), hidden);
    }

    private static IEnumerable<ExportedLog> Of(OtlpReceiver collector, string beginning) => collector.Logs.Where(log => Message(log).StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>The message as it reads; the body is its template.</summary>
    private static string Message(ExportedLog log) => log.Attributes.Aggregate(log.Body, (text, attribute) => text.Replace($"{{{attribute.Key}}}", attribute.Value, StringComparison.Ordinal));
}
