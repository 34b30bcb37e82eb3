using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.V1;

namespace Loomflow.Aspire.Security.Tests.Tenants;

/// <summary>
/// No sequence of calls that one user makes, over REST and gRPC, with every id that another one has, shows anything of the other's or changes it.
/// </summary>
public sealed class IsolationPropertyTests
{
    // In everything that bob has, and nowhere else.
    private const string Mark = "bobs-very-own-7f3a";
    private const int SpentByBob = 7_654_321;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NoSequenceOfCalls_ShowsOrChangesWhatBelongsToAnotherUser()
    {
        await using var system = await SecuredSystem.StartAsync(
            Cancelled, ("Limits:RequestsPerSecond", "1000000"), ("Limits:RequestBurst", "1000000"), ("Limits:ActiveRunsPerUser", "100000"), ("UserLimits:Budget:MaxTokens", "100000000"), ("UserLimits:Budget:Window", "365.00:00:00"));
        var alice = await system.KeyAsync("alice", "acme", UserScopes.Ordinary);
        var bob = await system.KeyAsync("bob", "acme", UserScopes.Ordinary);
        var bobs = new List<string>();
        foreach (var workflow in new[] { "echo", "ask", "ask_manager", "wait", "fail" })
        {
            using var started = await system.Orchestrator.SendAsync(
                HttpMethod.Post,
                $"/workflows/{workflow}/runs",
                bob,
                JsonContent.Create(new { input = $"{Mark} input", sessionId = $"{Mark}-session", metadata = new Dictionary<string, string> { ["note"] = $"{Mark} note" } }),
                Cancelled,
                ("Idempotency-Key", $"key-{workflow}"),
                ("Prefer", "wait=2"));
            bobs.Add((await started.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("id").GetString()!);
        }

        await MemoryTests.RememberAsync(system, "acme/bob", Mark, episodes: 3);
        await MemoryTests.RememberAsync(system, "acme/alice", "alice", episodes: 3);
        await BudgetTests.SpendAsync(system, "acme/bob", new BudgetAmount(SpentByBob, 0));
        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var intruder = new Intruder(system, channel, alice, bobs);
        var before = await StateAsync(system, bob, bobs);
        before.ShouldContain(Mark);

        var calls = Gen.Choose(0, Intruder.Calls - 1).Zip(Gen.Choose(0, 999)).ListOf(12).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true), Prop.ForAll(calls, sequence =>
        {
            foreach (var (call, pick) in sequence)
            {
                var (what, answer) = intruder.CallAsync(call, pick, Cancelled).GetAwaiter().GetResult();
                answer.ShouldNotContain(Mark, Case.Insensitive, what);
                answer.ShouldNotContain($"{SpentByBob}", Case.Insensitive, what);
            }

            return true;
        }));

        (await StateAsync(system, bob, bobs)).ShouldBe(before);
        intruder.Succeeded.ShouldBeGreaterThan(50, "the calls are such as work for one's own runs");
    }

    private static async Task<string> StateAsync(SecuredSystem system, string key, IEnumerable<string> runs)
    {
        var state = new StringBuilder();
        foreach (var run in runs)
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, $"/runs/{run}", key, null, Cancelled);
            state.AppendLine(await response.Content.ReadAsStringAsync(Cancelled));
        }

        foreach (var path in new[] { "/runs", "/memory", "/memory/blocks", "/memory/facts", "/memory/episodes", "/budget" })
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, key, null, Cancelled);
            state.AppendLine(await response.Content.ReadAsStringAsync(Cancelled));
        }

        return state.ToString();
    }

    /// <summary>Somebody with a good key who knows the ids of another user's runs, and of all that is in them.</summary>
    private sealed class Intruder(SecuredSystem system, GrpcChannel channel, string key, IReadOnlyList<string> bobs)
    {
        public const int Calls = 37;

        private static readonly string[] s_workflows = ["echo", "ask", "ask_manager", "wait", "fail"];

        private readonly List<string> _own = [];
        private readonly Runs.RunsClient _grpc = new(channel);
        private readonly Memories.MemoriesClient _memories = new(channel);
        private readonly Budgets.BudgetsClient _budgets = new(channel);
        private readonly Metadata _headers = new() { { "authorization", $"Bearer {key}" } };

        public int Succeeded { get; private set; }

        public async Task<(string What, string Answer)> CallAsync(int call, int pick, CancellationToken cancellationToken)
        {
            var run = _own.Count > 0 && pick % 4 == 0 ? _own[pick % _own.Count] : bobs[pick % bobs.Count];
            var other = bobs[pick / 7 % bobs.Count];
            var workflow = s_workflows[pick % s_workflows.Length];
            var answerId = $"{run}/approve/1";
            return call switch
            {
                0 => await StartAsync(workflow, new { input = "x" }, null, cancellationToken),
                1 => await StartAsync(workflow, new { input = "x" }, $"key-{workflow}", cancellationToken),
                2 => await StartAsync(workflow, new { input = "x", userId = pick % 2 == 0 ? "bob" : "acme/bob", sessionId = "s" }, null, cancellationToken),
                3 => await RestAsync(HttpMethod.Get, $"/runs/{run}", null, cancellationToken),
                4 => await RestAsync(HttpMethod.Get, "/runs", null, cancellationToken),
                5 => await RestAsync(HttpMethod.Get, $"/runs?cursor={other}&pageSize={1 + (pick % 5)}", null, cancellationToken),
                6 => await RestAsync(HttpMethod.Get, $"/runs?user={(pick % 2 == 0 ? "bob" : "acme%2Fbob")}", null, cancellationToken),
                7 => await RestAsync(HttpMethod.Get, $"/runs?workflow={workflow}&status=waiting", null, cancellationToken),
                8 => await RestAsync(HttpMethod.Get, $"/runs/{other}/events", null, cancellationToken),
                9 => await RestAsync(HttpMethod.Get, $"/runs/{run}/approvals", null, cancellationToken),
                10 => await RestAsync(HttpMethod.Post, $"/runs/{run}/approvals/{Uri.EscapeDataString(answerId)}", new { approved = true, responder = "bob" }, cancellationToken),
                11 => await RestAsync(HttpMethod.Post, $"/runs/{run}/signals/go", new { data = "x" }, cancellationToken),
                12 => await RestAsync(HttpMethod.Post, $"/runs/{other}/cancel", new { reason = "x" }, cancellationToken),
                13 => await RestAsync(HttpMethod.Post, $"/runs/{run}/retry", null, cancellationToken),
                14 => await RestAsync(HttpMethod.Post, $"/runs/{run}/fork", new { from = "repeat" }, cancellationToken),
                15 => await RestAsync(HttpMethod.Post, $"/runs/{run}/{(pick % 2 == 0 ? "requeue" : "discard")}", null, cancellationToken),
                16 => await RestAsync(HttpMethod.Get, $"/runs/{run}", null, cancellationToken, (Delegation.Header, "bob")),
                17 => await GrpcAsync("Get", () => _grpc.GetAsync(new RunRequest { RunId = run }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                18 => await GrpcAsync("List", () => _grpc.ListAsync(new ListRunsRequest { UserId = pick % 3 == 0 ? "bob" : "", PageToken = pick % 2 == 0 ? other : "" }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                19 => await GrpcAsync("Start", () => _grpc.StartAsync(Start(workflow, other, pick), _headers, cancellationToken: cancellationToken).ResponseAsync),
                20 => await GrpcAsync("Cancel", () => _grpc.CancelAsync(new CancelRunRequest { RunId = other }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                21 => await RestAsync(HttpMethod.Get, $"/runs/{run}/audit?cursor={pick % 50}&pageSize={1 + (pick % 200)}", null, cancellationToken),
                22 => await GrpcAsync("GetAudit", () => _grpc.GetAuditAsync(new RunAuditRequest { RunId = other }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                23 => await RestAsync(HttpMethod.Get, "/memory", null, cancellationToken),
                24 => await RestAsync(HttpMethod.Get, $"/memory?user={Bob(pick)}", null, cancellationToken),
                25 => await RestAsync(HttpMethod.Get, $"/memory/{Remembered(pick)}?query={(pick % 2 == 0 ? Mark : "")}&pageSize={1 + (pick % 9)}", null, cancellationToken),
                26 => await RestAsync(HttpMethod.Get, $"/memory/{Remembered(pick)}?user={Bob(pick)}", null, cancellationToken),
                27 => Unsaid(One(pick), await RestAsync(HttpMethod.Delete, $"/memory/{Remembered(pick)}/{One(pick)}", null, cancellationToken)),
                28 => await RestAsync(HttpMethod.Delete, $"/memory?user={Bob(pick)}", null, cancellationToken),
                29 => await RestAsync(HttpMethod.Delete, $"/memory?session={Mark}-{pick % 3}", null, cancellationToken),
                30 => await RestAsync(HttpMethod.Delete, "/memory", null, cancellationToken, (Delegation.Header, "bob")),
                31 => await RestAsync(HttpMethod.Get, pick % 2 == 0 ? "/budget" : $"/budget?user={Bob(pick)}", null, cancellationToken),
                32 => await GrpcAsync("Memories.ListEpisodes", () => _memories.ListEpisodesAsync(new ListMemoriesRequest { UserId = pick % 3 == 0 ? "bob" : "", Query = pick % 2 == 0 ? "parcel" : "" }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                33 => await GrpcAsync("Memories.ListFacts", () => _memories.ListFactsAsync(new ListMemoriesRequest { UserId = pick % 3 == 0 ? "acme/bob" : "" }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                34 => Unsaid(One(pick), await GrpcAsync("Memories.ForgetEpisode", () => _memories.ForgetEpisodeAsync(new ForgetOneRequest { UserId = pick % 3 == 0 ? "bob" : "", Id = One(pick) }, _headers, cancellationToken: cancellationToken).ResponseAsync)),
                35 => await GrpcAsync("Budgets.Get", () => _budgets.GetAsync(new GetBudgetRequest { UserId = pick % 2 == 0 ? "bob" : "" }, _headers, cancellationToken: cancellationToken).ResponseAsync),
                _ => await GrpcAsync("Events", async () =>
                {
                    using var events = _grpc.Events(new EventsRequest { RunId = other }, _headers, cancellationToken: cancellationToken);
                    var text = new StringBuilder();
                    while (await events.ResponseStream.MoveNext(cancellationToken)) text.AppendLine(events.ResponseStream.Current.Event.ToStringUtf8());
                    return text.ToString();
                }),
            };
        }

        private static string Bob(int pick) => pick % 2 == 0 ? "bob" : "acme%2Fbob";

        private static string Remembered(int pick) => pick % 3 == 0 ? "episodes" : pick % 3 == 1 ? "facts" : "blocks";

        private static string One(int pick) => pick % 3 == 0 ? $"ep_{Mark}_{pick % 2}" : pick % 3 == 1 ? $"fact_{Mark}_berlin" : "plan";

        /// <summary>An answer without the id that the caller said themselves.</summary>
        private static (string, string) Unsaid(string id, (string What, string Answer) call) => (call.What, call.Answer.Replace(id, "ID", StringComparison.Ordinal));

        private static StartRunRequest Start(string workflow, string parent, int pick) => new()
        {
            Workflow = workflow,
            Input = ByteString.CopyFromUtf8("\"x\""),
            UserId = pick % 3 == 0 ? "acme/bob" : "",
            IdempotencyKey = $"key-{workflow}",
            Parent = pick % 2 == 0 ? new RunReference { RunId = parent, RootRunId = parent, Partition = PartitionKey.Named("acme/bob").Encode() } : null,
        };

        private async Task<(string, string)> StartAsync(string workflow, object body, string? idempotencyKey, CancellationToken cancellationToken)
        {
            var (what, answer) = await RestAsync(HttpMethod.Post, $"/workflows/{workflow}/runs", body, cancellationToken, idempotencyKey is null ? [] : [("Idempotency-Key", idempotencyKey)]);
            if (JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..]).RootElement.TryGetProperty("id", out var id)) _own.Add(id.GetString()!);
            return (what, answer);
        }

        private async Task<(string, string)> RestAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken, params (string, string)[] headers)
        {
            using var response = await system.Orchestrator.SendAsync(method, path, key, body is null ? null : JsonContent.Create(body), cancellationToken, headers);
            if (response.IsSuccessStatusCode) Succeeded++;

            // Streams of one's own runs have no end while those go on; streams of others are never opened.
            var text = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.Content.Headers.ContentType?.MediaType == "text/event-stream") text = $"a stream was opened on {path}, which is {Mark}";
            return ($"{method} {path}", $"{(int)response.StatusCode} {response.Headers} {text}");
        }

        private async Task<(string, string)> GrpcAsync<T>(string method, Func<Task<T>> call)
        {
            try
            {
                var reply = await call();
                Succeeded++;
                return (method, $"{reply} {(reply is RunView view ? view.Input.ToStringUtf8() + view.Output.ToStringUtf8() : reply is ListRunsReply list ? string.Concat(list.Runs.Select(run => run.Input.ToStringUtf8() + run.Output.ToStringUtf8())) : "")}");
            }
            catch (RpcException refused)
            {
                return (method, $"{refused.Status} {string.Join(' ', refused.Trailers.Select(trailer => trailer.IsBinary ? "" : trailer.Value))}");
            }
        }
    }
}
