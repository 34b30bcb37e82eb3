using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>Runs that another run has started end with it, also where nobody is left who could tell them to.</summary>
public sealed class ChildRunTests(RedisFixture fixture) : IDisposable
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly InMemoryAuditLog _audit = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task ChildRuns_OfARunThatIsCancelled_AreCancelledDownToTheLast()
    {
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, Waiting("parent"), Waiting("child"));
        var parent = await StartAsync(replica, "parent", null);
        var child = await StartAsync(replica, "child", parent);
        var grandchild = await StartAsync(replica, "child", child);
        foreach (var run in new[] { parent, child, grandchild }) await replica.UntilAsync(run.RunId, RunStatus.Waiting, Cancelled);

        await replica.Runs.CancelAsync(Replica.Service, parent.RunId, "no longer needed");

        (await replica.UntilAsync(parent.RunId, RunStatus.Cancelled, Cancelled)).Reason.ShouldBe("no longer needed");
        (await replica.UntilAsync(child.RunId, RunStatus.Cancelled, Cancelled)).Reason!.ShouldContain(parent.RunId);
        (await replica.UntilAsync(grandchild.RunId, RunStatus.Cancelled, Cancelled)).Reason!.ShouldContain(child.RunId);
    }

    [Fact]
    public async Task ChildRun_OfARunThatFails_IsCancelled()
    {
        var failing = Workflow.Chain("failing", Waits.Signal<int, int>("go"), Step.Of((int n) => n / 0, "divide"));
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, failing, Waiting("child"));
        var parent = await StartAsync(replica, "failing", null);
        var child = await StartAsync(replica, "child", parent);

        await replica.Runs.SignalAsync(Replica.Service, parent.RunId, new SignalReceived { Name = "go", Data = Payload.Of(1) });

        await replica.UntilAsync(parent.RunId, RunStatus.Failed, Cancelled);
        await replica.UntilAsync(child.RunId, RunStatus.Cancelled, Cancelled);
    }

    [Fact]
    public async Task ChildRun_OfARunThatEndedWithoutAnOwnerToTellIt_IsCancelledByTheNextOwner()
    {
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, Waiting("parent"), Waiting("child"));
        var parent = await StartAsync(replica, "parent", null);
        var child = await StartAsync(replica, "child", parent);
        var waiting = await replica.UntilAsync(parent.RunId, RunStatus.Waiting, Cancelled);
        await replica.UntilAsync(child.RunId, RunStatus.Waiting, Cancelled);

        // An owner that crashed right after it had written the terminal event.
        var ended = new RunCancelled { Kind = RunKind.Workflow, Name = "parent", Reason = "x" }.Stamp(parent, waiting.Sequence + 1, DateTimeOffset.UtcNow);
        await replica.Store.AppendAsync(parent.RunId, waiting.Epoch, [JournalEntry.Of(ended)], ("ended", "cancelled"), ("status", "cancelled"));
        await replica.Queue.AddAsync(parent.RunId);

        await replica.UntilAsync(child.RunId, RunStatus.Cancelled, Cancelled);
    }

    [Fact]
    public async Task ChildRun_OfARunThatHasEnded_IsRefused()
    {
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, Waiting("parent"), Waiting("child"));
        var parent = await StartAsync(replica, "parent", null);
        await replica.Runs.CancelAsync(Replica.Service, parent.RunId, "x");
        await replica.UntilAsync(parent.RunId, RunStatus.Cancelled, Cancelled);

        (await Should.ThrowAsync<RunRefusedException>(() => StartAsync(replica, "child", parent))).Refusal.ShouldBe(RunRefusal.ParentEnded);
        (await Should.ThrowAsync<RunRefusedException>(() => StartAsync(replica, "child", parent with { RunId = "run_none" }))).Refusal.ShouldBe(RunRefusal.NoSuchRun);
    }

    private static IWorkflow Waiting(string name) => Workflow.Chain(name, Waits.Signal<int, int>("never"));

    private static async Task<RunIdentity> StartAsync(Replica replica, string workflow, RunIdentity? parent) =>
        (await replica.Runs.StartAsync(new StartRun { Workflow = workflow, Input = Payload.Of(1), UserId = "alice", Parent = parent })).Header.Run;
}
