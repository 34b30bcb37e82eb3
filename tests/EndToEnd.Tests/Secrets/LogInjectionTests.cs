using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Loomflow.Aspire.EndToEnd.Tests.Otlp;

namespace Loomflow.Aspire.EndToEnd.Tests.Secrets;

/// <summary>Whatever callers put into whatever they can name: a line of a log is one record of ours, and nothing in it does anything to whoever reads it.</summary>
public sealed partial class LogInjectionTests
{
    // Ends the line in all ways there are, and begins one that looks like ours; rings, turns red, turns the text around.
    private const string Forgery = "forged\r\n2026-01-01T00:00:00.000Z info Audit[1] forgery by admin\n2026-01-01T00:00:00.000Z info Audit[1] forgery\u0007\u001b[31mred\u202e\u2028forgery\u2029forgery\u0085forgery\u009b2J\vforgery\fend";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhateverCallersSend_OneLineOfTheLogIsOneRecord()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        var printed = new ConcurrentQueue<string>();
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Workload = true,
                Collector = collector.Http,
                Printed = printed.Enqueue,
                Settings = new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Debug", ["Logging__LogLevel__Loomflow"] = "Trace", ["OTEL_BLRP_SCHEDULE_DELAY"] = "100" },
            },
            Cancelled);
        using var http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(system.Orchestrators[0].Http), Timeout = TimeSpan.FromMinutes(2) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await system.KeyOfAsync("alice"));
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "\tforged\t");
        var encoded = Uri.EscapeDataString(Forgery);
        var body = new { input = Forgery, sessionId = Forgery, metadata = new Dictionary<string, string> { [Forgery] = Forgery }, responseTone = Forgery };

        // What a step says when it fails is what it was given.
        var failing = await StartAsync(http, "failing", body);
        await http.GetStringAsync($"/runs/{failing}/events", Cancelled);
        var waiting = await StartAsync(http, "wait", body);
        await PostAsync($"/runs/{waiting}/signals/{encoded}", new { data = Forgery, signalId = Forgery });
        await PostAsync($"/runs/{waiting}/approvals/{encoded}", new { approved = true, comment = Forgery, responder = Forgery });
        await PostAsync($"/runs/{waiting}/fork", new { from = Forgery });
        await PostAsync($"/runs/{waiting}/cancel", new { reason = Forgery });
        await PostAsync($"/workflows/{encoded}/runs", body);
        await PostAsync("/workflows/failing/runs", new { input = "x", memory = Forgery });
        await PostAsync("/workflows/failing/runs", new { input = "x", userId = Forgery });
        foreach (var path in (string[])[$"/runs/{encoded}", $"/runs?cursor={encoded}&status={encoded}&user={encoded}&workflow={encoded}", $"/{encoded}?{encoded}={encoded}", $"/runs/{waiting}/audit?cursor={encoded}", $"/workflows/{encoded}/graph?format={encoded}"])
        {
            using var answer = await http.GetAsync(path, Cancelled);
        }

        using (var stranger = new HttpRequestMessage(HttpMethod.Get, "/runs"))
        {
            stranger.Headers.TryAddWithoutValidation("Authorization", $"Bearer loomkey_{encoded}");
            stranger.Headers.TryAddWithoutValidation("Loomflow-User", encoded);
            using var answer = await http.SendAsync(stranger, Cancelled);
        }

        foreach (var service in system.Services) await service.StopAsync(Cancelled);

        // As the process wrote it: what ends a line for .NET alone is looked for, too.
        var lines = printed.ToArray();
        lines.Length.ShouldBeGreaterThan(50);
        lines.Where(line => !Record().IsMatch(line)).ShouldBeEmpty();
        lines.Where(line => line.Contains("forgery", StringComparison.Ordinal)).ShouldNotBeEmpty("it was written down");
        lines.Where(line => line.Any(IsUnsafe)).ShouldBeEmpty();
        var exported = collector.Logs.ToArray();
        exported.Length.ShouldBeGreaterThan(50);
        exported.Where(log => log.Body.Any(IsUnsafe)).ShouldBeEmpty();
        exported.SelectMany(log => log.Attributes).Where(attribute => attribute.Key != "exception.stacktrace" && $"{attribute.Value}".Any(IsUnsafe)).ShouldBeEmpty();

        async Task PostAsync(string path, object content)
        {
            using var answer = await http.PostAsJsonAsync(path, content, Cancelled);
        }
    }

    private static async Task<string> StartAsync(HttpClient http, string workflow, object body)
    {
        using var response = await http.PostAsync($"/workflows/{workflow}/runs", new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), Cancelled);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("id").GetString()!;
    }

    private static bool IsUnsafe(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    [GeneratedRegex(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info|warn|error|fatal) [A-Za-z0-9_.`+<>]+\[-?\d+\] ")]
    private static partial Regex Record();
}
