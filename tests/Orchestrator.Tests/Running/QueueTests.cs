using System.Collections.Concurrent;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>What happens to runs when there are more of them than the system works on at a time.</summary>
public sealed class QueueTests(RedisFixture fixture) : IDisposable
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly InMemoryAuditLog _audit = new();
    private readonly ConcurrentQueue<string> _begun = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new(StringComparer.Ordinal);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task NewRuns_OfSeveralUsers_AreTakenInTurn()
    {
        await using var replica = await StartAsync(running => running.MaxRuns = 1);
        var first = await StartRunAsync(replica, "first", "alice");
        await BegunAsync(1);
        List<string> runs = [];
        foreach (var (name, user) in new[] { ("a1", "alice"), ("a2", "alice"), ("a3", "alice"), ("b1", "bob"), ("c1", "carol"), ("b2", "bob") }) runs.Add(await StartRunAsync(replica, name, user));

        (await replica.Queue.DepthAsync()).Waiting.ShouldBe(6);
        (await BeforeAsync(replica, runs)).ShouldBe([0, 3, 5, 1, 2, 4]);

        LetPassAll();
        foreach (var run in runs.Prepend(first)) await replica.UntilAsync(run, RunStatus.Completed, Cancelled);
        _begun.ShouldBe(["first", "a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    [Fact]
    public async Task WorkflowWithALimit_HasNoMoreRunsThanThatOverAllOrchestrators_AndOthersSayHowManyAreBeforeThem()
    {
        // A lease that nobody takes over because the other one was slow.
        await using var one = await StartAsync(running => (running.Lease, running.WorkflowLimits["held"]) = (TimeSpan.FromMinutes(5), 2));
        await using var two = await StartAsync(running => (running.Lease, running.WorkflowLimits["held"]) = (TimeSpan.FromMinutes(5), 2));
        List<string> runs = [];
        foreach (var name in new[] { "1", "2", "3", "4", "5" }) runs.Add(await StartRunAsync(one, name, "alice"));
        await BegunAsync(2);

        var inLine = new List<string>();
        foreach (var run in runs)
        {
            if ((await one.Store.GetAsync(run))!.Status != RunStatus.Running) inLine.Add(run);
        }

        inLine.Count.ShouldBe(3);
        foreach (var run in inLine)
        {
            await Replica.UntilAsync(async () => await two.Runs.BeforeAsync((await two.Store.GetAsync(run))!) is not null, Cancelled);
        }

        (await BeforeAsync(two, inLine)).Order().ShouldBe([0, 1, 2]);
        (await one.Store.GetAsync(inLine[0]))!.Reason.ShouldBe("Workflow 'held' has all of its 2 runs.");
        (await one.Places.CountAsync("held")).ShouldBe((2, 3));
        _begun.Count.ShouldBe(2);

        LetPassAll();
        foreach (var run in runs) await two.UntilAsync(run, RunStatus.Completed, Cancelled);
        await Replica.UntilAsync(async () => (await one.Places.CountAsync("held")).Places == 0, Cancelled);
    }

    [Fact]
    public async Task WorkflowWithALimit_WhoseRunsAreTakenTogether_BeginsThemInTheirOrder()
    {
        await using var accepting = await StartAsync(running => running.WorkflowLimits["held"] = 1);
        await accepting.DrainAsync();
        string[] names = ["1", "2", "3", "4", "5", "a1", "a2", "a3", "b1", "b2"];
        var runs = new List<string>();
        foreach (var name in names) runs.Add(await StartRunAsync(accepting, name, "alice"));
        LetPassAll();

        await using var replica = await StartAsync(running => running.WorkflowLimits["held"] = 1);

        foreach (var run in runs) await replica.UntilAsync(run, RunStatus.Completed, Cancelled);
        _begun.ShouldBe(names);
    }

    [Fact]
    public async Task WorkflowWithALimit_WhoseOwnerIsCutOff_KeepsThePlaceForTheNextOwner()
    {
        await using var one = await StartAsync(running => running.WorkflowLimits["held"] = 1);
        var run = await StartRunAsync(one, "1", "alice");
        await BegunAsync(1);
        var behind = await StartRunAsync(one, "2", "alice");
        await Replica.UntilAsync(async () => await one.Runs.BeforeAsync((await one.Store.GetAsync(behind))!) is 0, Cancelled);
        await one.CutOffAsync();

        await using var two = await StartAsync(running => running.WorkflowLimits["held"] = 1);
        await BegunAsync(2);
        _begun.ShouldBe(["1", "1"]);
        LetPassAll();

        await two.UntilAsync(run, RunStatus.Completed, Cancelled);
        await two.UntilAsync(behind, RunStatus.Completed, Cancelled);
    }

    [Fact]
    public async Task WorkflowWhoseLimitIsTakenAway_LetsEverybodyIn()
    {
        var one = await StartAsync(running => running.WorkflowLimits["held"] = 1);
        var first = await StartRunAsync(one, "1", "alice");
        await BegunAsync(1);
        var second = await StartRunAsync(one, "2", "alice");
        await Replica.UntilAsync(async () => await one.Runs.BeforeAsync((await one.Store.GetAsync(second))!) is 0, Cancelled);
        await one.DisposeAsync();

        await using var two = await StartAsync(_ => { });
        LetPassAll();

        await two.UntilAsync(first, RunStatus.Completed, Cancelled);
        await two.UntilAsync(second, RunStatus.Completed, Cancelled);
    }

    [Fact]
    public async Task RunsThatWait_HoldNoPlace()
    {
        var workflow = Workflow.Chain("ask", Waits.Signal<string, string>("go"));
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, running => running.WorkflowLimits["ask"] = 1, workflow);
        var runs = new List<string>();
        for (var i = 0; i < 3; i++) runs.Add((await replica.Runs.StartAsync(new StartRun { Workflow = "ask", Input = Payload.Of("x"), UserId = "alice" })).Header.Run.RunId);

        foreach (var run in runs) await replica.UntilAsync(run, RunStatus.Waiting, Cancelled);
        foreach (var run in runs) await replica.Runs.SignalAsync(Replica.Service, run, new SignalReceived { Name = "go", Data = Payload.Of("now") });
        foreach (var run in runs) await replica.UntilAsync(run, RunStatus.Completed, Cancelled);
    }

    [Fact]
    public async Task Cancel_OfRunsInLineAndOfOneThatStartsLater_EndsThemAtOnce()
    {
        await using var replica = await StartAsync(running => running.WorkflowLimits["held"] = 1);
        await StartRunAsync(replica, "1", "alice");
        await BegunAsync(1);
        var inLine = await StartRunAsync(replica, "2", "alice");
        var later = (await replica.Runs.StartAsync(new StartRun { Workflow = "held", Input = Payload.Of("3"), UserId = "alice", StartAt = DateTimeOffset.UtcNow.AddDays(1) })).Header.Run.RunId;

        await replica.Runs.CancelAsync(Replica.Service, inLine, "not needed");
        await replica.Runs.CancelAsync(Replica.Service, later, "not needed");

        (await replica.UntilAsync(inLine, RunStatus.Cancelled, Cancelled)).Reason.ShouldBe("not needed");
        (await replica.UntilAsync(later, RunStatus.Cancelled, Cancelled)).Reason.ShouldBe("not needed");
        _begun.ShouldBe(["1"]);
        LetPassAll();
    }

    [Fact]
    public async Task Run_ThatStartsLater_DoesNotBeginBeforeItsTime()
    {
        await using var replica = await StartAsync(_ => { });
        var startAt = DateTimeOffset.UtcNow.AddSeconds(1);
        LetPassAll();

        var run = await replica.Runs.StartAsync(new StartRun { Workflow = "held", Input = Payload.Of("1"), UserId = "alice", StartAt = startAt });

        run.Status.ShouldBe(RunStatus.Queued);
        await replica.EndOfAsync(run, Cancelled);
        (await replica.JournalAsync(run.Header.Run.RunId))[0].Time.ShouldBeGreaterThanOrEqualTo(startAt);
    }

    private Task<Replica> StartAsync(Action<RunningOptions> configure) => Replica.StartAsync(_redis, _audit, s_lease, configure, Workflow.Chain("held", Step.Of(
        async (string name, CancellationToken cancellationToken) =>
        {
            _begun.Enqueue(name);
            await Held(name).Task.WaitAsync(cancellationToken);
            return name;
        },
        "hold")));

    private static async Task<string> StartRunAsync(Replica replica, string name, string user) =>
        (await replica.Runs.StartAsync(new StartRun { Workflow = "held", Input = Payload.Of(name), UserId = user })).Header.Run.RunId;

    private static async Task<IReadOnlyList<long?>> BeforeAsync(Replica replica, IEnumerable<string> runs)
    {
        var before = new List<long?>();
        foreach (var run in runs) before.Add(await replica.Runs.BeforeAsync((await replica.Store.GetAsync(run))!));
        return before;
    }

    private async Task BegunAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (_begun.Count < count) await pause.WaitForNextTickAsync(limit.Token);
    }

    private TaskCompletionSource Held(string name) => _held.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private void LetPassAll()
    {
        foreach (var name in new[] { "first", "a1", "a2", "a3", "b1", "b2", "c1", "1", "2", "3", "4", "5" }) Held(name).TrySetResult();
    }
}
