using System.Collections.Concurrent;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>What people do with a run that is over or goes no further: retry, fork and discard it.</summary>
public sealed class RetryTests(RedisFixture fixture)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly ConcurrentQueue<string> _done = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Step<int, int> Add(string name, int number) => Step.Of((int n) =>
    {
        _done.Enqueue(name);
        return Task.FromResult(n + number);
    }, name);

    [Fact]
    public async Task Retry_OfAFailedRun_KeepsWhatWasCompleted()
    {
        using var audit = new InMemoryAuditLog();
        var healed = false;
        var fragile = Step.Of((int n) => healed ? Task.FromResult(n * 2) : throw new InvalidOperationException("broken"), "fragile");
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("fragile", Add("first", 1), fragile, Add("last", 1)));
        var failed = await replica.RunToEndAsync("fragile", 1, Cancelled);
        failed.Status.ShouldBe(RunStatus.Failed);
        failed.Failure!.Message.ShouldBe("broken");

        healed = true;
        var retried = await replica.EndOfAsync(await replica.Runs.RetryAsync(Replica.Service, failed.Header.Run.RunId), Cancelled);

        retried.Output.As<int>().ShouldBe(5);
        retried.Header.ForkedFrom.ShouldBe(failed.Header.Run.RunId);
        _done.ShouldBe(["first", "last"]);
        (await replica.Store.GetAsync(failed.Header.Run.RunId))!.Status.ShouldBe(RunStatus.Failed);
        var journal = await replica.JournalAsync(retried.Header.Run.RunId);
        journal.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, journal.Count).Select(i => (long)i));
        journal.Count(e => e.IsTerminal).ShouldBe(1);
    }

    [Fact]
    public async Task Retry_OfARunWhoseNestedWorkflowHadASecondAttempt_BeginsTheNestedWorkflowAnew()
    {
        using var audit = new InMemoryAuditLog();
        var healed = false;
        var fragile = Step.Of((int n) => healed ? Task.FromResult(n * 2) : throw new InvalidOperationException("broken"), "fragile");
        var inner = Workflow.Chain("inner", Add("first", 1), fragile).WithRetry(new RetryPolicy { MaxAttempts = 2, InitialDelay = TimeSpan.FromMilliseconds(1) });
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("outer", Add("before", 10), inner));
        var failed = await replica.RunToEndAsync("outer", 1, Cancelled);
        failed.Status.ShouldBe(RunStatus.Failed);

        healed = true;
        var retried = await replica.EndOfAsync(await replica.Runs.RetryAsync(Replica.Service, failed.Header.Run.RunId), Cancelled);

        retried.Output.As<int>().ShouldBe(24);
        _done.ShouldBe(["before", "first", "first", "first"]);
        (await replica.JournalAsync(retried.Header.Run.RunId)).OfType<StepCompleted>().Select(e => e.Path).ShouldBe(["before", "inner/first", "inner/fragile", "inner"]);
    }

    [Fact]
    public async Task Fork_FromAStep_BeginsThere()
    {
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, Workflow.Chain("forked", Add("a", 1), Add("b", 10), Add("c", 100)));
        var run = await replica.RunToEndAsync("forked", 0, Cancelled);
        _done.Clear();

        var fork = await replica.EndOfAsync(await replica.Runs.ForkAsync(Replica.Service, run.Header.Run.RunId, "b", 1), Cancelled);

        fork.Output.As<int>().ShouldBe(111);
        _done.ShouldBe(["b", "c"]);
        (await Should.ThrowAsync<RunRefusedException>(() => replica.Runs.ForkAsync(Replica.Service, run.Header.Run.RunId, "d", 1))).Message.ShouldContain("'a', 'b', 'c'");
    }

    [Fact]
    public async Task Discard_OfAParkedRun_EndsItAndIsAudited()
    {
        using var audit = new InMemoryAuditLog();
        var one = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("abandoned", Waits.Signal<int, int>("go")));
        var run = await one.Runs.StartAsync(new StartRun { Workflow = "abandoned", Input = Payload.Of(1) });
        await one.UntilAsync(run.Header.Run.RunId, RunStatus.Waiting, Cancelled);
        await one.DisposeAsync();
        await using var two = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("abandoned", Add("other", 1)));
        await two.Runs.SignalAsync(Replica.Service, run.Header.Run.RunId, new SignalReceived { Name = "go", Data = Payload.Of(1) });
        var parked = await two.UntilAsync(run.Header.Run.RunId, RunStatus.Parked, Cancelled);

        (await two.List.ListParkedAsync(Replica.Service, null, 10)).Runs.ShouldHaveSingleItem().Reason.ShouldBe(parked.Reason);
        await two.Runs.DiscardAsync(Replica.Service, run.Header.Run.RunId, "nobody wants it");
        (await Should.ThrowAsync<RunRefusedException>(() => two.Runs.DiscardAsync(Replica.Service, run.Header.Run.RunId, "nobody wants it"))).Refusal.ShouldBe(RunRefusal.NotParked);
        (await two.List.ListParkedAsync(Replica.Service, null, 10)).Runs.ShouldBeEmpty();

        (await two.UntilAsync(run.Header.Run.RunId, RunStatus.Cancelled, Cancelled)).Reason.ShouldBe("nobody wants it");
        await two.UntilAuditedAsync(run.Header.Run.RunId, Cancelled);
        audit.Query().Last(entry => entry.Entry.RunId == run.Header.Run.RunId).Entry.Action.ShouldBe(AuditAction.WorkflowCancelled);
    }
}
