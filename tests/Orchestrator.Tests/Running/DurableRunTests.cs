using System.Collections.Concurrent;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

public sealed class DurableRunTests(RedisFixture fixture)
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
    public async Task Run_OfThreeSteps_IsJournaledAndAuditedOneToOne()
    {
        using var audit = new InMemoryAuditLog();
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("sum", Add("a", 1), Add("b", 2), Add("c", 3)));

        var run = await replica.RunToEndAsync("sum", 10, Cancelled);

        run.Status.ShouldBe(RunStatus.Completed);
        run.Output.As<int>().ShouldBe(16);
        var journal = await replica.JournalAsync(run.Header.Run.RunId);
        journal.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, 8).Select(i => (long)i));
        journal.Count(e => e.IsTerminal).ShouldBe(1);
        await replica.DrainAsync();
        audit.Query().Where(entry => entry.Entry.RunId == run.Header.Run.RunId).Select(entry => entry.Entry.EventId)
            .ShouldBe(journal.Select(e => $"{run.Header.Run.RunId}/{e.Sequence}"));
        audit.Verify().IsIntact.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_WhoseOwnerIsCutOff_GoesOnElsewhereAndTheOwnersWritesAreRefused()
    {
        using var audit = new InMemoryAuditLog();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        var slow = Step.Of(async (int n) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return n * 10;
            entered.SetResult();
            await letGo.Task;
            return n * 1000;
        }, "slow");
        var workflow = Workflow.Chain("takeover", Add("first", 1), slow, Add("last", 1));
        var one = await Replica.StartAsync(_redis, audit, s_lease, workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = "takeover", Input = Payload.Of(1) });
        await entered.Task.WaitAsync(Cancelled);

        await one.CutOffAsync();
        await using var two = await Replica.StartAsync(_redis, audit, s_lease, workflow);
        run = await two.EndOfAsync(run, Cancelled);
        letGo.SetResult();

        run.Output.As<int>().ShouldBe(21);
        run.Epoch.ShouldBe(2);
        _done.ShouldBe(["first", "last"]);
        (await two.JournalAsync(run.Header.Run.RunId)).OfType<StepCompleted>().Select(e => e.Path).ShouldBe(["first", "slow", "last"]);
        await one.DisposeAsync();
    }

    [Fact]
    public async Task Append_UnderAnEarlierEpoch_IsRefused()
    {
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), TimeSpan.FromMinutes(1), Workflow.Chain("fenced", Add("a", 1)));
        var run = await replica.RunToEndAsync("fenced", 1, Cancelled);
        var late = new StepWaiting { Path = "a", Reason = "late" }.Stamp(run.Header.Run, 99, DateTimeOffset.UtcNow);

        await Should.ThrowAsync<RunFencedException>(() => replica.Store.AppendAsync(run.Header.Run.RunId, run.Epoch - 1, [JournalEntry.Of(late)]));
    }

    [Fact]
    public async Task Run_StoppedAtEveryWriteBoundary_EndsTheSameAndRepeatsNothingCompleted()
    {
        using var audit = new InMemoryAuditLog();
        var workflow = new WorkflowBuilder("boundaries")
            .AddNode("a", Add("a", 1))
            .AddNode("b", Add("b", 10))
            .AddNode("nested", Workflow.Chain("inner", Add("x", 100), Add("y", 1000)))
            .AddNode("join", Step.Of((IReadOnlyList<int> both) => Task.FromResult(both.Sum()), "join"))
            .SetStart("a")
            .AddEdge("a", "b").AddEdge("a", "nested").AddEdge("b", "join").AddEdge("nested", "join")
            .AddRouter<int>("join", sum => sum > 0 ? "done" : "never", new Dictionary<string, string> { ["done"] = "END", ["never"] = "a" })
            .Build<int, int>();
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, workflow);
        var whole = await replica.RunToEndAsync("boundaries", 0, Cancelled);
        var journal = await replica.JournalAsync(whole.Header.Run.RunId);
        whole.Output.As<int>().ShouldBe(1 + 10 + 1 + 1100);

        for (var length = 0; length < journal.Count; length++)
        {
            _done.Clear();
            var prefix = journal.Take(length).ToArray();
            var run = await replica.ResumeAsync(whole, prefix, Cancelled);

            run.Output.As<int>().ShouldBe(whole.Output.As<int>(), $"after {length} events");
            var resumed = await replica.JournalAsync(run.Header.Run.RunId);
            resumed.Count(e => e.IsTerminal).ShouldBe(1);
            resumed.OfType<StepCompleted>().Select(e => e.Path).Order().ShouldBe(journal.OfType<StepCompleted>().Select(e => e.Path).Order());
            _done.Order().ShouldBe(
                new[] { "a", "b", "x", "y" }.Except(prefix.OfType<StepCompleted>().Select(e => e.Path.Split('/')[^1])).Order(),
                $"completed steps ran again after {length} events");
        }
    }

    [Fact]
    public async Task Run_ThatWaitsForAPerson_IsOwnedByNobodyAndSurvivesARestart()
    {
        using var audit = new InMemoryAuditLog();
        var workflow = Workflow.Chain<int>("ask").Then(Waits.Approval<int>("approve")).Then(answer => answer.Approved ? answer.Value : -1, "conclude").Build();
        var one = await Replica.StartAsync(_redis, audit, s_lease, workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = "ask", Input = Payload.Of(7), UserId = "alice" });
        var waiting = await one.UntilAsync(run.Header.Run.RunId, RunStatus.Waiting, Cancelled);
        waiting.Reason!.ShouldContain("approve");
        var question = (await one.Approvals.OpenAsync(Replica.Service, waiting.Header.Run.RunId)).ShouldHaveSingleItem();
        await one.DisposeAsync();
        one.Owned.ShouldBe(0);

        await using var two = await Replica.StartAsync(_redis, audit, s_lease, workflow);
        var answer = new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Responder = "alice" };
        await two.Approvals.AnswerAsync(Replica.Service, run.Header.Run.RunId, question.ApprovalId, answer);
        await two.Approvals.AnswerAsync(Replica.Service, run.Header.Run.RunId, question.ApprovalId, answer);

        run = await two.EndOfAsync(waiting, Cancelled);
        run.Output.As<int>().ShouldBe(7);
        (await two.JournalAsync(run.Header.Run.RunId)).OfType<ApprovalDecided>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Run_WithADelayAndASignal_GoesOnWhenBothHaveCome()
    {
        var workflow = Workflow.Chain<int>("waits").Then(Waits.Delay<int>("pause", TimeSpan.FromMilliseconds(200))).Then(Waits.Signal<int, string>("paid")).Build();
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, workflow);
        var run = await replica.Runs.StartAsync(new StartRun { Workflow = "waits", Input = Payload.Of(1) });
        var signal = new SignalReceived { Name = "paid", Data = Payload.Of("by card"), SignalId = "s-1" };
        await replica.Runs.SignalAsync(Replica.Service, run.Header.Run.RunId, signal);
        await replica.Runs.SignalAsync(Replica.Service, run.Header.Run.RunId, signal);

        run = await replica.EndOfAsync(run, Cancelled);

        run.Output.As<string>().ShouldBe("by card");
        (await replica.JournalAsync(run.Header.Run.RunId)).OfType<TimerFired>().ShouldHaveSingleItem();
        (await replica.JournalAsync(run.Header.Run.RunId)).OfType<SignalReceived>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Signal_IsFromWhoeverSendsIt_WhateverItSays()
    {
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, Workflow.Chain("told", Waits.Signal<int, int>("first"), Waits.Signal<int, int>("second")));
        var run = await replica.Runs.StartAsync(new StartRun { Workflow = "told", Input = Payload.Of(1), UserId = "acme/alice" });
        var alice = new Caller { Name = "key:1", UserId = "acme/alice", Tenant = "acme" };
        var tenant = new Caller { Name = "key:2", Tenant = "acme", IsAdmin = true };
        await replica.Runs.SignalAsync(alice, run.Header.Run.RunId, new SignalReceived { Name = "first", Data = Payload.Of(1), Sender = "acme/bob" });
        // Whoever takes the run up again reads the first once more.
        await replica.FollowAsync(run.Header.Run.RunId, Cancelled).FirstAsync(each => each is StepStarted { Path: "second" }, Cancelled);
        await replica.UntilAsync(run.Header.Run.RunId, RunStatus.Waiting, Cancelled);
        await replica.Runs.SignalAsync(tenant, run.Header.Run.RunId, new SignalReceived { Name = "second", Data = Payload.Of(1), Sender = "acme/bob" });

        run = await replica.EndOfAsync(run, Cancelled);

        (await replica.JournalAsync(run.Header.Run.RunId)).OfType<SignalReceived>().Select(signal => signal.Sender).ShouldBe(["acme/alice", "key:2"]);
    }

    [Fact]
    public async Task Signals_ThatComeWhileTheirRunsAreBeingLetGo_AreNotLost()
    {
        var workflow = Workflow.Chain("letting_go", Waits.Signal<int, int>("first"), Waits.Signal<int, int>("second"));
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, workflow);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            var run = await replica.Runs.StartAsync(new StartRun { Workflow = "letting_go", Input = Payload.Of(1) });
            await foreach (var runEvent in replica.FollowAsync(run.Header.Run.RunId, Cancelled))
            {
                // As soon as the wait is in the journal the run is on its way to be let go.
                if (runEvent is StepStarted { Path: var signal }) await replica.Runs.SignalAsync(Replica.Service, run.Header.Run.RunId, new SignalReceived { Name = signal, Data = Payload.Of(1) });
            }

            (await replica.Store.GetAsync(run.Header.Run.RunId))!.Status.ShouldBe(RunStatus.Completed);
        })).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
    }

    [Fact]
    public async Task Cancel_OfARunThatWorks_ReachesTheStepAndIsNotAFailure()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var endless = Step.Of(async (int n, CancellationToken cancellationToken) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return n;
        }, "endless");
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, Workflow.Chain("endless", endless));
        var run = await replica.Runs.StartAsync(new StartRun { Workflow = "endless", Input = Payload.Of(1) });
        await entered.Task.WaitAsync(Cancelled);

        await replica.Runs.CancelAsync(Replica.Service, run.Header.Run.RunId, "no longer needed");

        run = await replica.EndOfAsync(run, Cancelled);
        run.Status.ShouldBe(RunStatus.Cancelled);
        run.Reason.ShouldBe("no longer needed");
        run.Failure.ShouldBeNull();
    }

    [Fact]
    public async Task Run_WhoseDefinitionIsGone_IsParkedAndNotRunOnAnotherGraph()
    {
        var old = Workflow.Chain("versioned", Waits.Signal<int, int>("go"), Add("a", 1));
        var changed = Workflow.Chain("versioned", Waits.Signal<int, int>("go"), Add("a", 1), Add("b", 1));
        var one = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, old);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = "versioned", Input = Payload.Of(1) });
        await one.UntilAsync(run.Header.Run.RunId, RunStatus.Waiting, Cancelled);
        await one.DisposeAsync();

        await using var two = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, changed);
        await two.Runs.SignalAsync(Replica.Service, run.Header.Run.RunId, new SignalReceived { Name = "go", Data = Payload.Of(5) });

        var parked = await two.UntilAsync(run.Header.Run.RunId, RunStatus.Parked, Cancelled);
        parked.Reason!.ShouldContain("versioned");
        _done.ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_WithARunUnderWay_HandsItOver()
    {
        using var audit = new InMemoryAuditLog();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        var slow = Step.Of(async (int n, CancellationToken cancellationToken) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return n + 1;
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return n;
        }, "slow");
        var workflow = Workflow.Chain("drained", Add("first", 1), slow);
        var one = await Replica.StartAsync(_redis, audit, TimeSpan.FromMinutes(10), workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = "drained", Input = Payload.Of(1) });
        await entered.Task.WaitAsync(Cancelled);

        await using var two = await Replica.StartAsync(_redis, audit, TimeSpan.FromMinutes(10), workflow);
        await one.DrainAsync();

        // Not by the lease, which is ten minutes: by being handed over.
        run = await two.EndOfAsync(run, Cancelled);
        run.Output.As<int>().ShouldBe(3);
        _done.ShouldBe(["first"]);
        await one.DisposeAsync();
    }
}
