using System.Collections.Concurrent;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>A run stays with the graph that it was begun on, through deployments that change it.</summary>
public sealed class VersionTests(RedisFixture fixture) : IDisposable
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly InMemoryAuditLog _audit = new();
    private readonly ConcurrentQueue<string> _done = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task Runs_WhoseDefinitionAnOlderReplicaHas_FinishThereWhoeverTakesThemFirst()
    {
        // A replica that is slow has its definitions all the same.
        var lease = TimeSpan.FromMinutes(1);
        await using var old = await Replica.StartAsync(_redis, _audit, lease, Old());
        var runs = new List<string>();
        for (var i = 0; i < 8; i++) runs.Add((await old.Runs.StartAsync(new StartRun { Workflow = "versioned", Input = Payload.Of(1), UserId = "alice" })).Header.Run.RunId);
        foreach (var run in runs) await old.UntilAsync(run, RunStatus.Waiting, Cancelled);

        await using var changed = await Replica.StartAsync(_redis, _audit, lease, Changed());
        foreach (var run in runs) await changed.Runs.SignalAsync(Replica.Service, run, Go);

        foreach (var run in runs) (await changed.UntilAsync(run, RunStatus.Completed, Cancelled)).Output.As<int>().ShouldBe(6);
        _done.ShouldAllBe(step => step == "old");
        var begunNow = await changed.Runs.StartAsync(new StartRun { Workflow = "versioned", Input = Payload.Of(1), UserId = "alice" });
        await changed.Runs.SignalAsync(Replica.Service, begunNow.Header.Run.RunId, Go);
        (await changed.EndOfAsync(begunNow, Cancelled)).Output.As<int>().ShouldBe(105);
    }

    [Fact]
    public async Task ParkedRun_WhoseDefinitionComesBack_GoesOnOnceItIsRequeued()
    {
        var old = await Replica.StartAsync(_redis, _audit, s_lease, Old());
        var run = (await old.Runs.StartAsync(new StartRun { Workflow = "versioned", Input = Payload.Of(1), UserId = "alice" })).Header.Run.RunId;
        await old.UntilAsync(run, RunStatus.Waiting, Cancelled);
        await old.DisposeAsync();

        await using (var changed = await Replica.StartAsync(_redis, _audit, s_lease, Changed()))
        {
            await changed.Runs.SignalAsync(Replica.Service, run, Go);
            (await changed.UntilAsync(run, RunStatus.Parked, Cancelled)).Reason!.ShouldStartWith("No live orchestrator has definition");
        }

        await using var both = await Replica.StartAsync(_redis, _audit, s_lease, Old(), Changed());
        await both.Runs.RequeueAsync(Replica.Service, run);

        (await both.UntilAsync(run, RunStatus.Completed, Cancelled)).Output.As<int>().ShouldBe(6);
        _done.ShouldBe(["old"]);
    }

    [Fact]
    public async Task ParkedRun_ThatIsCancelled_EndsWithoutItsDefinition()
    {
        var old = await Replica.StartAsync(_redis, _audit, s_lease, Old());
        var run = (await old.Runs.StartAsync(new StartRun { Workflow = "versioned", Input = Payload.Of(1), UserId = "alice" })).Header.Run.RunId;
        await old.UntilAsync(run, RunStatus.Waiting, Cancelled);
        await old.DisposeAsync();
        await using var changed = await Replica.StartAsync(_redis, _audit, s_lease, Changed());

        await changed.Runs.CancelAsync(Replica.Service, run, "not worth it");

        (await changed.UntilAsync(run, RunStatus.Cancelled, Cancelled)).Reason.ShouldBe("not worth it");
        await changed.UntilAuditedAsync(run, Cancelled);
    }

    private static SignalReceived Go => new() { Name = "go", Data = Payload.Of(5) };

    private IWorkflow Old() => Workflow.Chain("versioned", Waits.Signal<int, int>("go"), Add("old", 1));

    private IWorkflow Changed() => Workflow.Chain("versioned", Waits.Signal<int, int>("go"), Add("changed", 100));

    private Step<int, int> Add(string name, int number) => Step.Of(
        (int n) =>
        {
            _done.Enqueue(name);
            return n + number;
        },
        name);
}
