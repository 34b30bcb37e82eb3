using System.Collections.Concurrent;

namespace Loomflow.Behaviour;

/// <summary>What a workflow does, whichever engine runs it.</summary>
public abstract class EngineBehaviour
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<string> _done = new();

    /// <summary>Starts the engine under test.</summary>
    protected abstract Task<IEngine> StartAsync();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chain_PassesOutputsOn_AndTellsEveryStepInOrder()
    {
        var events = await RunAsync(Workflow.Chain("chain", Append("a"), Append("b"), Append("c")), "x");

        OutputOf<string>(events).ShouldBe("x>a>b>c");
        events.Select(e => $"{e.GetType().Name} {e.Path}".Trim()).ShouldBe(
            ["RunStarted", "StepStarted a", "StepCompleted a", "StepStarted b", "StepCompleted b", "StepStarted c", "StepCompleted c", "RunCompleted"]);
    }

    [Theory]
    [InlineData("billing", "the request>billing")]
    [InlineData("weather", "the request>other")]
    public async Task Route_GivesTheHandlerTheOriginalInput_OrTheFallback(string label, string output)
    {
        var classify = Step.Of((string _) => label, "classify");
        var workflow = Workflow.Route("support", classify, new Dictionary<string, Step<string, string>> { ["billing"] = Append("billing"), ["tech"] = Append("tech") }, Append("other"));

        OutputOf<string>(await RunAsync(workflow, "the request")).ShouldBe(output);
    }

    [Fact]
    public async Task Route_ToALabelThatLeadsNowhere_FailsTheRun()
    {
        var workflow = Workflow.Route("support", Step.Of((string _) => "weather", "classify"), new Dictionary<string, Step<string, string>> { ["billing"] = Append("billing") });

        FailureOf(await RunAsync(workflow, "x")).Kind.ShouldBe(FailureKind.NoRoute);
    }

    [Fact]
    public async Task Cycle_GoesRoundUntilItsRouterLeavesIt()
    {
        var events = await RunAsync(Loop(until: 4, WorkflowOptionsOf()), 0);

        OutputOf<int>(events).ShouldBe(4);
        events.OfType<StepCompleted>().Select(e => e.Visit).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task Caps_EndARunThatDoesNotEnd()
    {
        FailureOf(await RunAsync(Loop(until: int.MaxValue, WorkflowOptionsOf(maxVisits: 3)), 0)).Kind.ShouldBe(FailureKind.Capped);
        _done.Count.ShouldBe(3);
        _done.Clear();
        FailureOf(await RunAsync(Loop(until: int.MaxValue, WorkflowOptionsOf(maxSteps: 5)), 0)).Kind.ShouldBe(FailureKind.Capped);
        _done.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Join_WaitsForEveryBranch_AndGivesOutputsInTheOrderOfTheEdges()
    {
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            await late.Task.WaitAsync(s_patience, cancellationToken);
            return text + ">late";
        }, "late");
        var second = Step.Of((string text) =>
        {
            late.SetResult();
            return text + ">early";
        }, "early");

        OutputOf<string>(await RunAsync(Workflow.Parallel("both", [first, second], results => string.Join('|', results)), "x")).ShouldBe("x>late|x>early");
    }

    [Fact]
    public async Task Map_RunsOncePerElement_InTheOrderOfTheList()
    {
        var workflow = Workflow.Chain("mapped", Step.Map("each", Step.Of((int n) => n * n, "square"), maxConcurrency: 2));

        OutputOf<IReadOnlyList<int>>(await RunAsync(workflow, [1, 2, 3, 4])).ShouldBe([1, 4, 9, 16]);
    }

    [Fact]
    public async Task Nested_WorkflowsAreStepsWithPathsOfTheirOwn()
    {
        var inner = Workflow.Chain("inner", Append("x"), Append("y"));
        var events = await RunAsync(Workflow.Chain("outer", Append("a"), inner, Append("b")), "0");

        OutputOf<string>(events).ShouldBe("0>a>x>y>b");
        events.OfType<StepCompleted>().Select(e => e.Path).ShouldBe(["a", "inner/x", "inner/y", "inner", "b"]);
    }

    [Fact]
    public async Task Retry_TriesAgainUntilItSucceeds_AndEveryAttemptIsTold()
    {
        var attempts = 0;
        var flaky = Step.Of((string text) => Interlocked.Increment(ref attempts) < 3 ? throw new IOException("away") : text, "flaky")
            .WithRetry(new RetryPolicy { MaxAttempts = 5, InitialDelay = TimeSpan.FromMilliseconds(1) });

        var events = await RunAsync(Workflow.Chain("retried", flaky), "x");

        OutputOf<string>(events).ShouldBe("x");
        events.OfType<StepRetrying>().Select(e => (e.Attempt, e.Failure.Message)).ShouldBe([(1, "away"), (2, "away")]);
        events.OfType<StepCompleted>().ShouldHaveSingleItem().Attempt.ShouldBe(3);
    }

    [Fact]
    public async Task Timeout_OfAnAttempt_EndsItAsAFailure()
    {
        var hanging = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "hangs").WithTimeout(TimeSpan.FromMilliseconds(50));

        var events = await RunAsync(Workflow.Chain("slow", hanging), "x");

        FailureOf(events).Kind.ShouldBe(FailureKind.Timeout);
        events.OfType<StepFailed>().ShouldHaveSingleItem().Path.ShouldBe("hangs");
    }

    [Fact]
    public async Task Timeout_OfTheRun_EndsWhatIsUnderWay()
    {
        var workflow = Workflow.Chain("slow", Waits.Signal<string, string>("never"), new WorkflowOptions { Timeout = TimeSpan.FromMilliseconds(100) });

        FailureOf(await RunAsync(workflow, "x")).Kind.ShouldBe(FailureKind.Timeout);
    }

    [Fact]
    public async Task OnFailure_FailsTheRun_OrGoesOnWithAValue_OrGoesToANode()
    {
        FailureOf(await RunAsync(Workflow.Chain("fails", Broken(), Append("after")), "x")).Message.ShouldBe("broken");
        OutputOf<string>(await RunAsync(Workflow.Chain("goes_on", Broken().OnFailure(FailurePolicy.ContinueWith("instead")), Append("after")), "x")).ShouldBe("instead>after");

        var rescued = new WorkflowBuilder("rescued")
            .AddNode("broken", Broken().OnFailure(FailurePolicy.GoTo("rescue"))).AddNode("rescue", Append("rescue"))
            .SetStart("broken").AddEdge("broken", Workflow.END).AddEdge("rescue", Workflow.END)
            .Build<string, string>();
        OutputOf<string>(await RunAsync(rescued, "x")).ShouldBe("x>rescue");
        _done.ShouldBe(["after", "rescue"]);
    }

    [Fact]
    public async Task Failure_StopsTheOtherBranches()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hanging = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "hangs");
        var failing = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            await entered.Task.WaitAsync(s_patience, cancellationToken);
            return text.Length > 0 ? throw new InvalidOperationException("broken") : text;
        }, "fails");

        var events = await RunAsync(Workflow.Parallel("both", [hanging, failing], results => results[0]), "x");

        FailureOf(events).Message.ShouldBe("broken");
        events.OfType<StepCancelled>().ShouldHaveSingleItem().Path.ShouldBe("hangs");
    }

    [Fact]
    public async Task Approval_TakesTheFirstAnswer_WithWhatItCorrects()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartAsync(Workflow.Chain("ask", Waits.Approval<int>("amount", new ApprovalOptions { Title = "How much?" })), 100);

        var question = await run.NextApprovalAsync();
        (question.Title, question.Subject.As<int>()).ShouldBe(("How much?", 100));
        await run.AnswerAsync(question.ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Responder = "alice", Data = Payload.Of(80) });

        var events = await EndOfAsync(run);
        OutputOf<Approval<int>>(events).ShouldBe(new Approval<int>(true, 80, "alice", null));
        events.OfType<ApprovalDecided>().ShouldHaveSingleItem().Path.ShouldBe("amount");
    }

    [Fact]
    public async Task Approval_ThatNobodyAnswersInTime_IsDecidedByDefault()
    {
        var workflow = Workflow.Chain("ask", Waits.Approval<int>("amount", new ApprovalOptions { Deadline = TimeSpan.FromMilliseconds(50), Default = ApprovalOutcome.Approved }));

        var events = await RunAsync(workflow, 1);

        OutputOf<Approval<int>>(events).Approved.ShouldBeTrue();
        events.OfType<ApprovalDecided>().ShouldHaveSingleItem().Decision.TimedOut.ShouldBeTrue();
    }

    [Fact]
    public async Task Signals_AreKeptUntilAStepWaitsForThem_AndDeliveredOnceInOrder()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartAsync(Workflow.Chain("signals", Waits.Signal<string, int>("first", "paid"), Waits.Signal<int, int>("second", "paid"), Step.Of((int n) => n * 10, "last")), "x");

        await run.SignalAsync("other", 5);
        await run.SignalAsync("paid", 1);
        await run.SignalAsync("paid", 2);

        var events = await EndOfAsync(run);
        OutputOf<int>(events).ShouldBe(20);
        events.OfType<StepCompleted>().Select(e => e.Output.As<int>()).ShouldBe([1, 2, 20]);
    }

    [Fact]
    public async Task Delay_PassesItsInputOn_WhenItsTimeHasCome()
    {
        var pause = TimeSpan.FromMilliseconds(80);

        var events = await RunAsync(Workflow.Chain("later", Waits.Delay<string>("pause", pause)), "x");

        OutputOf<string>(events).ShouldBe("x");
        var set = events.OfType<TimerSet>().ShouldHaveSingleItem();
        var fired = events.OfType<TimerFired>().ShouldHaveSingleItem();
        fired.Time.ShouldBeGreaterThanOrEqualTo(set.Due);
        (set.Due - set.Time).ShouldBeLessThanOrEqualTo(pause);
    }

    [Fact]
    public async Task Cancel_ReachesTheStep_AndIsNotAFailure()
    {
        await using var engine = await StartAsync();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hanging = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "hangs");
        var run = await engine.StartAsync(Workflow.Chain("endless", Append("a"), hanging, Append("b")), "x");
        await entered.Task.WaitAsync(s_patience, Cancelled);

        await run.CancelAsync("not needed");

        var events = await EndOfAsync(run);
        events[^1].ShouldBeOfType<RunCancelled>().Reason.ShouldBe("not needed");
        events.OfType<StepCancelled>().ShouldHaveSingleItem().Path.ShouldBe("hangs");
        _done.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Cancel_OfARunThatWaits_EndsIt()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartAsync(Workflow.Chain("ask", Waits.Approval<int>("amount")), 1);
        await run.NextApprovalAsync();

        await run.CancelAsync("not needed");

        (await EndOfAsync(run))[^1].ShouldBeOfType<RunCancelled>();
    }

    private async Task<IReadOnlyList<RunEvent>> RunAsync<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input)
    {
        await using var engine = await StartAsync();
        return await EndOfAsync(await engine.StartAsync(workflow, input));
    }

    /// <summary>A stream that is whole: numbered without gaps, with one terminal event, which is the last.</summary>
    private static async Task<IReadOnlyList<RunEvent>> EndOfAsync(IEngineRun run)
    {
        var events = await run.EventsAsync().WaitAsync(s_patience, Cancelled);
        events.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));
        events[0].ShouldBeOfType<RunStarted>();
        events.Count(e => e.IsTerminal).ShouldBe(1);
        events[^1].IsTerminal.ShouldBeTrue();
        return events;
    }

    private static T OutputOf<T>(IReadOnlyList<RunEvent> events) => events[^1] is RunFailed failed
        ? throw new ShouldAssertException($"The run failed: {failed.Failure.Message}")
        : events[^1].ShouldBeOfType<RunCompleted>().Output.As<T>()!;

    private static Failure FailureOf(IReadOnlyList<RunEvent> events) => events[^1].ShouldBeOfType<RunFailed>().Failure;

    private Step<string, string> Append(string name) => Step.Of(
        (string text) =>
        {
            _done.Enqueue(name);
            return $"{text}>{name}";
        },
        name);

    private static Step<string, string> Broken() => Step.Of((string text) => text.Length > 0 ? throw new InvalidOperationException("broken") : text, "broken");

    private Workflow<int, int> Loop(int until, WorkflowOptions options) => new WorkflowBuilder("loop")
        .AddNode("count", Step.Of(
            (int n) =>
            {
                _done.Enqueue("count");
                return n + 1;
            },
            "count"))
        .SetStart("count")
        .AddRouter<int>("count", n => n < until ? "again" : "done", new Dictionary<string, string> { ["again"] = "count", ["done"] = Workflow.END })
        .WithOptions(options)
        .Build<int, int>();

    private static WorkflowOptions WorkflowOptionsOf(int maxSteps = 100, int maxVisits = 25) => new() { MaxSteps = maxSteps, MaxVisitsPerNode = maxVisits };
}
