using BenchmarkDotNet.Attributes;
using Loomflow.Audit;

namespace Loomflow.Benchmarks.Workflows;

/// <summary>What the engine costs around steps that do nothing. Telemetry is off; so is audit except where the name says so.</summary>
[MemoryDiagnoser]
public class WorkflowBenchmarks
{
    private const int Count = 100;
    private static readonly Task<string> s_done = Task.FromResult("done");
    private readonly RunOptions _plain = new();
    private readonly Workflow<string, string> _chain10 = Chain(10);
    private readonly Workflow<string, string> _chain100 = Chain(100);
    private readonly Workflow<string, string> _chain1000 = Chain(1_000);
    private readonly Workflow<string, string> _chain10000 = Chain(10_000);
    private readonly Workflow<string, string> _yielding = Chain(100, static async text =>
    {
        await Task.Yield();
        return text;
    });

    private readonly Workflow<string, IReadOnlyList<string>> _parallel =
        Workflow.Parallel("parallel", [.. Enumerable.Range(0, Count).Select(i => Step.Of<string, string>(Trivial, $"b{i}"))]);

    private readonly Workflow<string, int> _graph = Graph(Count);
    private InMemoryAuditLog _log = new();

    private static Task<string> Trivial(string text) => s_done;

    [Benchmark(OperationsPerInvoke = 10)]
    public Task Chain_10() => _chain10.RunAsync("", _plain);

    [Benchmark(OperationsPerInvoke = 100)]
    public Task Chain_100() => _chain100.RunAsync("", _plain);

    [Benchmark(OperationsPerInvoke = 1_000)]
    public Task Chain_1000() => _chain1000.RunAsync("", _plain);

    [Benchmark(OperationsPerInvoke = 10_000)]
    public Task Chain_10000() => _chain10000.RunAsync("", _plain);

    /// <summary>Each step gives its thread away once.</summary>
    [Benchmark(OperationsPerInvoke = 100)]
    public Task Chain_100_Yielding() => _yielding.RunAsync("", _plain);

    [IterationSetup(Target = nameof(Chain_100_Audited))]
    public void NewLog() => _log = new InMemoryAuditLog();

    /// <summary>Two signed entries for each step.</summary>
    [Benchmark(OperationsPerInvoke = 100 * 50)]
    public async Task Chain_100_Audited()
    {
        for (var i = 0; i < 50; i++) await _chain100.RunAsync("", new RunOptions { AuditLog = _log });
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public Task Parallel_100() => _parallel.RunAsync("", _plain);

    [Benchmark(OperationsPerInvoke = Count)]
    public Task FanOutAndJoin_100() => _graph.RunAsync("", _plain);

    private static Workflow<string, string> Chain(int length, Func<string, Task<string>>? step = null) =>
        Enumerable.Range(0, length).Aggregate(Workflow.Chain<string>("chain"), (chain, i) => chain.Then(step ?? Trivial, $"s{i}")).Build(new WorkflowOptions { MaxSteps = length });

    private static Workflow<string, int> Graph(int branches)
    {
        var builder = new WorkflowBuilder("graph").WithOptions(new WorkflowOptions { MaxSteps = branches + 2 })
            .AddNode<string, string>("start", Trivial).SetStart("start")
            .AddNode("join", Step.Of((IReadOnlyList<string> all) => Task.FromResult(all.Count)));
        for (var i = 0; i < branches; i++) builder.AddNode<string, string>($"b{i}", Trivial).AddEdge("start", $"b{i}").AddEdge($"b{i}", "join");
        return builder.Build<string, int>();
    }
}
