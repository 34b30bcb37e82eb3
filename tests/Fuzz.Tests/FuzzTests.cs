using System.Globalization;
using Google.Protobuf;
using Loomflow.Aspire.EndToEnd;
using Loomflow.V1;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>
/// A hundred thousand bad requests for each service, over real sockets to real processes: none of them crashes it, none is answered as the service's own
/// fault, and none leaves anything in its memory. <c>LOOM_FUZZ_SEED</c> and <c>LOOM_FUZZ_REQUESTS</c> choose others.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Lanes = 6;
    private const int FrameLanes = 3;
    private static readonly int s_requests = Setting("LOOM_FUZZ_REQUESTS", 100_000);
    private static readonly int s_seed = Setting("LOOM_FUZZ_SEED", 20_261_121);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orchestrator_WhateverItIsSent_RefusesIt()
    {
        await using var system = await StartAsync();
        var run = new RunRequest { RunId = "run_1" };
        await FuzzAsync(system, system.Orchestrators[0], new Target(
            [
                ("POST", "/workflows/nobody/runs", """{"input":"I want a refund","sessionId":"s1","metadata":{"a":"b"},"responseTone":"friendly","startAt":"2030-01-01T00:00:00Z"}"""),
                ("POST", "/workflows/support/runs", """{"input":{"a":1}}"""),
                ("GET", "/workflows", null), ("GET", "/workflows/support/graph?format=mermaid", null),
                ("GET", "/runs?workflow=support&status=completed&pageSize=10&cursor=abc", null), ("GET", "/runs/parked", null), ("GET", "/runs/run_1", null),
                ("GET", "/runs/run_1/events?after=5", null), ("GET", "/runs/run_1/approvals", null),
                ("POST", "/runs/run_1/cancel", """{"reason":"enough"}"""), ("POST", "/runs/run_1/signals/go", """{"payload":{"a":1},"signalId":"x"}"""),
                ("POST", "/runs/run_1/retry", null), ("POST", "/runs/run_1/fork", """{"from":"authorize","visit":1}"""), ("POST", "/runs/run_1/requeue", null), ("POST", "/runs/run_1/discard", null),
                ("POST", "/runs/run_1/approvals/a1", """{"outcome":"approve","reason":"fine","arguments":{"a":1}}"""),
                ("GET", "/memory?user=alice&memory=m", null), ("GET", "/memory/facts?query=refund&cursor=5&pageSize=10", null), ("GET", "/memory/episodes?cursor=1795000000000.ep_1", null), ("GET", "/budget?user=alice", null),
                ("DELETE", "/memory?session=s1&before=2030-01-01T00:00:00Z", null), ("DELETE", "/memory/episodes/ep_1?memory=m", null), ("DELETE", "/memory/blocks/b", null),
                ("GET", "/health", null), ("GET", "/alive", null), ("GET", "/openapi/v1.json", null),
            ],
            [
                (Method("Runs", "Start"), new StartRunRequest
                {
                    Workflow = "nobody", Input = ByteString.CopyFromUtf8("\"hi\""), UserId = "alice", SessionId = "s1", Metadata = { ["a"] = "b" }, IdempotencyKey = "k",
                    Parent = new RunReference { RunId = "run_0", RootRunId = "run_0", Name = "x", Partition = "u:alice", SessionId = "s" },
                }),
                (Method("Runs", "Start"), new StartRunRequest { Workflow = "support", Input = ByteString.CopyFromUtf8("{}"), WaitMilliseconds = -1 }),
                (Method("Runs", "Get"), run), (Method("Runs", "List"), new ListRunsRequest()), (Method("Runs", "Events"), new EventsRequest { RunId = "run_1" }),
                (Method("Runs", "Cancel"), new CancelRunRequest { RunId = "run_1", Reason = "r" }), (Method("Runs", "Signal"), new SignalRequest { RunId = "run_1" }),
                (Method("Runs", "Answer"), new AnswerRequest { RunId = "run_1", ApprovalId = "a" }), (Method("Runs", "Retry"), run), (Method("Runs", "Requeue"), run), (Method("Runs", "Nothing"), run),
                (Method("Memories", "ListEpisodes"), new ListMemoriesRequest { Query = "refund", PageSize = 5, PageToken = "3" }), (Method("Memories", "ListFacts"), new ListMemoriesRequest { PageToken = "1795000000000.f" }),
                (Method("Memories", "Forget"), new ForgetRequest { SessionId = "s1", Before = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = 5 } }),
                (Method("Memories", "ForgetFact"), new ForgetOneRequest { Id = "f", Memory = "m" }), (Method("Budgets", "Get"), new GetBudgetRequest { UserId = "alice" }),
            ],
            await system.KeyOfAsync("alice"),
            system.TokenFor("orchestrator")));
    }

    [Fact]
    public async Task Worker_WhateverItIsSent_RefusesIt()
    {
        await using var system = await StartAsync();
        var start = new StartExecution
        {
            Run = new RunReference { RunId = "run_1", RootRunId = "run_1", Name = "support", Partition = "u:alice", SessionId = "s1", Metadata = { ["a"] = "b" } },
            Step = "nobody", Path = "billing", Visit = 1, Attempt = 1, Input = ByteString.CopyFromUtf8("\"hi\""), History = { ByteString.CopyFromUtf8("{}") }, ResponseTone = "friendly",
        };
        var known = start.Clone();
        (known.Step, known.AttachOnly) = ("classifier", true);
        var broken = start.Clone();
        (broken.Step, broken.Run.Partition) = ("classifier", "x");
        var opening = new Opening { MaxMessageBytes = 1024 * 1024, WindowBytes = 64 * 1024 };
        await FuzzAsync(system, system.Workers[0], new Target(
            [("GET", "/health", null), ("GET", "/alive", null), ("POST", "/anything", "{}")],
            [
                Said(new Instruction { Execution = 1, Start = start }), Said(new Instruction { Execution = 1, Start = known }, new Instruction { Execution = 2, Start = known }),
                Said(new Instruction { Execution = 1, Start = broken }), Said(new Instruction { Execution = 1, Acknowledged = -5 }), Said(new Instruction { Execution = -1, Start = known }),
                Said(new Instruction { Execution = 1, Answer = new ApprovalAnswer { ApprovalId = "a", Decision = ByteString.CopyFromUtf8("{}") } }), Said(new Instruction { Execution = 1, Taken = -5 }),
                Said(new Instruction { Execution = 1, Cancel = "stop" }, new Instruction { Opening = opening }), (Method("AgentWorker", "Execute"), new ExecuteRequest { Instructions = { new Instruction { Execution = 1, Start = start } } }),
                (Method("AgentWorker", "Execute"), new ExecuteRequest()), (Method("AgentWorker", "Nothing"), new ExecuteRequest()),
            ],
            "loom_nothing",
            system.TokenFor("agentworker")));

        (string, IMessage) Said(params Instruction[] instructions) =>
            (Method("AgentWorker", "Execute"), new ExecuteRequest { Instructions = { new Instruction { Opening = opening }, instructions } });
    }

    [Fact]
    public async Task Audit_WhateverItIsSent_RefusesIt()
    {
        await using var system = await StartAsync();
        await FuzzAsync(system, system.Audit, new Target(
            [
                ("GET", "/v1/status", null), ("GET", "/v1/entries?user=alice&run=run_1&pageSize=10&after=3", null), ("GET", "/v1/entries/1", null), ("GET", "/v1/runs/run_1/trail", null),
                ("GET", "/v1/checkpoint", null), ("GET", "/v1/proofs/inclusion?sequence=1&size=2", null), ("GET", "/v1/proofs/consistency?first=1&second=2", null),
                ("GET", "/?user=a&from=1", null), ("GET", "/runs/run_1", null), ("POST", "/nothing", "{}"), ("GET", "/health", null),
            ],
            [
                (Method("AuditReader", "Query"), new QueryRequest()), (Method("AuditReader", "GetCheckpoint"), new GetCheckpointRequest()),
                (Method("AuditReader", "GetInclusionProof"), new InclusionProofRequest { Sequence = 1 }), (Method("AuditReader", "GetConsistencyProof"), new ConsistencyProofRequest { FirstSize = 1 }),
                (Method("AuditReader", "Tail"), new TailRequest()), (Method("AuditReader", "GetStatus"), new GetStatusRequest()), (Method("AuditReader", "Export"), new ExportRequest()),
                (Method("AuditAppender", "Append"), new AppendRequest()), (Method("AuditAdministration", "ErasePayloads"), new ErasePayloadsRequest()), (Method("AuditReader", "Nothing"), new QueryRequest()),
            ],
            system.AuditorKey,
            system.TokenFor("audit")));
    }

    private static Task<Topology> StartAsync() => Topology.StartAsync(
        new TopologyOptions
        {
            Settings = new Dictionary<string, string>
            {
                // What is refused is not written down a hundred thousand times.
                ["Logging__LogLevel__Default"] = "Error",
                ["DOTNET_gcServer"] = "0",
            },
        },
        Cancelled);

    private static string Method(string service, string method) => $"/loomflow.v1.{service}/{method}";

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var chosen) ? chosen : otherwise;

    private async Task FuzzAsync(Topology system, ServiceProcess service, Target target)
    {
        output.WriteLine($"LOOM_FUZZ_SEED={s_seed} LOOM_FUZZ_REQUESTS={s_requests}");
        var findings = new Findings();
        service.Printed += findings.Logged;
        var http = new HttpFuzz(new Uri(service.Http), target, findings);
        using var grpc = new GrpcFuzz(new Uri(service.Grpc), target, findings);
        var frames = new FrameFuzz(new Uri(service.Grpc), target, findings);

        await PartAsync(0);
        var half = service.ResidentBytes;
        await PartAsync(1);
        var end = service.ResidentBytes;

        output.WriteLine($"{findings.Total} requests; resident after half of them {half >> 20} MB, at the end {end >> 20} MB\n{findings.Summary}");
        service.IsRunning.ShouldBeTrue($"seed {s_seed}: the service is gone\n{service.Tail}");
        findings.Bad.ShouldBeEmpty($"seed {s_seed}\n{findings.Summary}\n{service.Tail}");
        findings.Total.ShouldBeGreaterThanOrEqualTo(s_requests * 9 / 10);
        end.ShouldBeLessThan(half + (half / 4) + (32 << 20), $"seed {s_seed}: what bad requests leave behind grows");
        using var client = new HttpClient();
        (await client.GetAsync($"{service.Http}/health", Cancelled)).IsSuccessStatusCode.ShouldBeTrue(service.Tail);

        Task PartAsync(int part) => Task.WhenAll(Enumerable.Range(0, Lanes).SelectMany(lane =>
        {
            var (seed, share) = (s_seed + (part * Lanes) + lane, s_requests / 2 / Lanes);
            return (Task[])
            [
                Task.Run(() => http.RunAsync(new Mutator(seed), share / 2, Cancelled)),
                Task.Run(() => grpc.RunAsync(new Mutator(seed + 1_000), share * 2 / 5, Cancelled)),

                // These wait more than they work.
                .. Enumerable.Range(0, FrameLanes).Select(frameLane => Task.Run(() => frames.RunAsync(new Mutator(seed + (2_000 * (frameLane + 1))), share / 10 / FrameLanes, Cancelled))),
            ];
        }));
    }
}
