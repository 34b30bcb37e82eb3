using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loomflow.Aspire.EndToEnd.Tests.Otlp;
using StackExchange.Redis;

namespace Loomflow.Aspire.EndToEnd.Tests.Secrets;

/// <summary>A run that is fed secrets, in every place that takes anything, by everybody who has a say in it: nothing that is written down has one.</summary>
public sealed class SecretTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARunFedSecrets_LeavesNoneInLogsTracesMetricsJournalAuditAndAnswers()
    {
        await using var collector = await OtlpReceiver.StartAsync(Cancelled);
        var printed = new ConcurrentQueue<string>();
        await using var system = await Topology.StartAsync(
            new TopologyOptions
            {
                Workload = true,
                Collector = collector.Http,
                Printed = printed.Enqueue,
                Settings = new Dictionary<string, string>
                {
                    ["Logging__LogLevel__Default"] = "Debug",
                    ["Logging__LogLevel__Loomflow"] = "Trace",
                    ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
                    ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                    ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true",
                    ["Secrets__Patterns__0"] = FakeSecret.Pattern,
                    ["Secrets__PropertyNames__0"] = FakeSecret.PropertyName,
                    ["WORKLOAD_SECRETS"] = FakeSecret.Texts,
                },
            },
            Cancelled);

        var answers = await DriveAsync(system);
        foreach (var service in system.Services) await service.StopAsync(Cancelled);
        var written = new Dictionary<string, string>
        {
            ["console"] = string.Join('\n', printed),
            ["answers"] = answers,
            ["redis"] = await SnapshotAsync(system),
            ["redis' files"] = Files(system.Redis.DataDirectory),
            ["audit"] = Files(system.AuditDirectory),
        };
        foreach (var signal in collector.Raw.GroupBy(export => export.Signal, export => Latin(export.Request))) written[signal.Key] = string.Join('\n', signal);

        var found = from secret in FakeSecret.All
                    from place in written
                    from form in secret.Forms
                    let at = place.Value.IndexOf(form, StringComparison.Ordinal)
                    where at >= 0
                    select $"{place.Key}: {secret.Said.ReplaceLineEndings(" ")} as {form}: …{Around(place.Value, at)}…";
        found.Take(40).ShouldBeEmpty();

        // What stood beside the secrets is there: it was looked in the right places.
        foreach (var place in (string[])["console", "answers", "redis", "redis' files", "audit", "traces", "logs"]) written[place].ShouldContain("leaky_canary", Case.Sensitive, place);
        foreach (var place in (string[])["console", "answers", "redis", "traces", "logs"]) written[place].ShouldContain("[redacted]", Case.Sensitive, place);
        written["metrics"].ShouldContain("loom.");
    }

    /// <summary>Starts runs, answers what they ask, and gives all that the API says of them.</summary>
    private static async Task<string> DriveAsync(Topology system)
    {
        var caller = new Caller(system, await system.KeyOfAsync("alice"));
        var text = FakeSecret.Text;
        var all = FakeSecret.All.Select(secret => secret.Said).ToList();
        var input = new
        {
            text,
            nested = new { list = new[] { all.ToArray() }, inner = JsonSerializer.Serialize(new { deeper = all }) },
            names = all.ToDictionary(secret => secret, _ => 1),
            vault_pin = "leakypin22",
            Password = "hunter17leaky",
        };

        // Every character of the texts as an escape of its own.
        var escaped = $"{{\"escaped\":\"{FakeSecret.Escaped(text)}\"}}";
        var start = new
        {
            input,
            sessionId = all[0],
            metadata = all.Select((secret, i) => (secret, i)).ToDictionary(pair => pair.secret, pair => $"{pair.i} {text}"),
            responseTone = text,
        };
        var id = await caller.StartAsync("leaky", JsonSerializer.Serialize(start));
        var events = caller.WatchAsync(id);

        // Until the run waits for it, or before: it is kept.
        await caller.SendAsync(HttpMethod.Post, $"/runs/{id}/signals/go", JsonSerializer.Serialize(new { data = input, signalId = all[1] }));
        var approval = await caller.OpenApprovalAsync(id);
        await caller.SendAsync(HttpMethod.Post, $"/runs/{id}/approvals/{Uri.EscapeDataString(approval)}", JsonSerializer.Serialize(new { approved = true, comment = text, data = text, responder = text }));
        (await events).ShouldContain("run_completed", Case.Sensitive, system.Tails);

        var failed = await caller.StartAsync("leaky_failure", JsonSerializer.Serialize(new { input = text }));
        (await caller.WatchAsync(failed)).ShouldContain("run_failed", Case.Sensitive, system.Tails);
        var unread = await caller.StartAsync("leaky", $"{{\"input\":{escaped}}}");
        await caller.SendAsync(HttpMethod.Post, $"/runs/{unread}/signals/{Uri.EscapeDataString(all[2])}", $"{{\"data\":{escaped}}}");
        await caller.SendAsync(HttpMethod.Post, $"/runs/{unread}/cancel", JsonSerializer.Serialize(new { reason = text }));
        await caller.WatchAsync(unread);

        // What is refused is written down, too.
        foreach (var secret in all)
        {
            var encoded = Uri.EscapeDataString(secret);
            await caller.SendAsync(HttpMethod.Get, $"/runs/{encoded}");
            await caller.SendAsync(HttpMethod.Get, $"/runs?cursor={encoded}&status={encoded}&user={encoded}");
            await caller.SendAsync(HttpMethod.Post, $"/workflows/{encoded}/runs", """{"input":1}""");
            await caller.SendAsync(HttpMethod.Get, $"/nowhere/{encoded}?q={encoded}", key: secret.ReplaceLineEndings(""));
        }

        await caller.SendAsync(HttpMethod.Post, "/workflows/leaky_failure/runs", $"{{\"input\":[{JsonSerializer.Serialize(text)}]}}");
        await caller.SendAsync(HttpMethod.Post, "/workflows/leaky_failure/runs", $"{{\"input\": {text}");
        foreach (var run in (string[])[id, failed, unread]) await caller.SendAsync(HttpMethod.Get, $"/runs/{run}");
        await caller.SendAsync(HttpMethod.Get, "/runs");
        return caller.Said;
    }

    private static async Task<string> SnapshotAsync(Topology system)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{system.Redis.ConnectionString},allowAdmin=true");

        // As it is, not packed: what is looked for has to be readable.
        await redis.GetDatabase().ExecuteAsync("CONFIG", "SET", "rdbcompression", "no");
        await redis.GetDatabase().ExecuteAsync("SAVE");
        return Latin(await File.ReadAllBytesAsync(Path.Combine(system.Redis.DataDirectory, "dump.rdb"), Cancelled));
    }

    private static string Files(string directory) =>
        string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("dump.rdb", StringComparison.Ordinal)).Select(file => Latin(File.ReadAllBytes(file))));

    /// <summary>Each byte a character.</summary>
    private static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static string Around(string text, int at) => text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 60)].ReplaceLineEndings(" ");

    /// <summary>A user who puts secrets into every header, too, and keeps what is answered.</summary>
    private sealed class Caller(Topology system, string ownKey)
    {
        private static readonly HttpClient s_http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { Timeout = TimeSpan.FromMinutes(2) };

        private readonly ConcurrentQueue<string> _said = new();
        private int _calls;

        public string Said => string.Join('\n', _said);

        public async Task<string> StartAsync(string workflow, string body)
        {
            var (status, answer) = await SendAsync(HttpMethod.Post, $"/workflows/{workflow}/runs", body);
            status.ShouldBe(HttpStatusCode.Accepted, answer);
            return JsonDocument.Parse(answer).RootElement.GetProperty("id").GetString()!;
        }

        public async Task<string> OpenApprovalAsync(string run)
        {
            string? approval = null;
            await system.UntilAsync(
                async () =>
                {
                    var (_, answer) = await SendAsync(HttpMethod.Get, $"/runs/{run}/approvals");
                    if (JsonDocument.Parse(answer).RootElement is { ValueKind: JsonValueKind.Array } open && open.GetArrayLength() > 0) approval = open[0].GetProperty("approvalId").GetString();
                    return approval is not null;
                },
                () => $"run {run} asks for approval",
                Cancelled);
            return approval!;
        }

        public async Task<string> WatchAsync(string run)
        {
            try
            {
                return (await SendAsync(HttpMethod.Get, $"/runs/{run}/events")).Answer;
            }
            catch (TaskCanceledException) when (!Cancelled.IsCancellationRequested)
            {
                var (_, state) = await SendAsync(HttpMethod.Get, $"/runs/{run}");
                throw new TimeoutException($"The run does not end: {state}\n{system.Tails}");
            }
        }

        public async Task<(HttpStatusCode Status, string Answer)> SendAsync(HttpMethod method, string path, string? body = null, string? key = null)
        {
            using var request = new HttpRequestMessage(method, system.Orchestrators[0].Http + path);
            if (body is not null) request.Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key ?? ownKey}");
            request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            foreach (var (name, secret) in new[] { "User-Agent", "X-Api-Key", "Referer", "tracestate", "baggage", "Cookie", "Idempotency-Key" }.Zip(FakeSecret.All))
            {
                request.Headers.TryAddWithoutValidation(name, name is "tracestate" or "baggage" ? $"leaky={secret.Hidden}" : name is "Idempotency-Key" ? $"{secret.Hidden} {Interlocked.Increment(ref _calls)}" : secret.Hidden);
            }

            using var response = await s_http.SendAsync(request, Cancelled);
            var answer = await response.Content.ReadAsStringAsync(Cancelled);
            _said.Enqueue($"{response.Headers}{answer}");
            return (response.StatusCode, answer);
        }
    }
}
