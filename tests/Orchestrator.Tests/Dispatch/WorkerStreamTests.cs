using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>Many steps on one stream to one worker.</summary>
public class WorkerStreamTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly string _step = $"step-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_ForOneWorker_ShareOneStream_AndEndInAnyOrder()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var runs = Enumerable.Range(0, 50).ToDictionary(i => $"{i}", i => RunAsync(dispatching, $"{i}"));
        var stream = await worker.StreamAsync();
        var started = new List<(long Number, string Input)>();
        while (started.Count < runs.Count) started.Add(await stream.StartedAsync());

        started.Reverse();
        foreach (var (number, input) in started)
        {
            await stream.SayResultAsync(number, $"{input}!");
            (await runs[input]).ShouldBe($"{input}!");
        }

        started.Select(one => one.Number).Distinct().Count().ShouldBe(50);
        worker.HasAnotherStream.ShouldBeFalse();
        stream.IsCompleted.ShouldBeFalse("it stays open for what comes");
    }

    [Fact]
    public async Task Credential_ThatComesToItsEnd_IsRenewedByTheNextStream_AndTheOldOneEndsWithItsSteps()
    {
        var clock = new ManualTimeProvider();
        await using var dispatching = await Dispatching.StartAsync(_redis, options => options.WorkerLease = TimeSpan.FromHours(1), clock);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step, new Welcome { MaxMessageBytes = 100_000, TakesStartsFor = TimeSpan.FromMinutes(5).ToDuration() });
        var one = RunAsync(dispatching, "1");
        var first = await worker.StreamAsync();
        var (numberOfOne, _) = await first.StartedAsync();

        clock.Advance(TimeSpan.FromMinutes(2));
        var two = RunAsync(dispatching, "2");
        var (numberOfTwo, _) = await first.StartedAsync();

        clock.Advance(TimeSpan.FromMinutes(1));
        var three = RunAsync(dispatching, "3");
        var second = await worker.StreamAsync();
        var (numberOfThree, _) = await second.StartedAsync();

        await first.SayResultAsync(numberOfOne, "one");
        await one;
        first.IsCompleted.ShouldBeFalse("a step is on it");
        await first.SayResultAsync(numberOfTwo, "two");
        await two;
        await first.Completed;
        await second.SayResultAsync(numberOfThree, "three");
        (await three).ShouldBe("three");
        second.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Start_ThatIsRefusedBecauseTheCredentialHasExpired_BeginsOnANewStream()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var run = RunAsync(dispatching, "hi");
        var first = await worker.StreamAsync();
        await first.SayAsync(Refused((await first.StartedAsync()).Number, StatusCode.Unauthenticated));

        var second = await worker.StreamAsync();
        await second.SayResultAsync((await second.StartedAsync()).Number, "hi");
        (await run).ShouldBe("hi");
        await first.Completed;
    }

    [Fact]
    public async Task Start_ThatIsRefusedBecauseItCameTooLate_IsSentAgainWithTheNewestClockOfTheWorker()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var run = RunAsync(dispatching, "hi");
        var stream = await worker.StreamAsync();
        var late = await stream.NextAsync();
        late.Start.Clock.ShouldBe(0);
        stream.Clock = 5_000;
        await stream.SayAsync(Refused(late.Execution, StatusCode.DeadlineExceeded));

        var again = await stream.NextAsync();
        again.Start.Clock.ShouldBe(5_000);
        await stream.SayResultAsync(again.Execution, "hi");
        (await run).ShouldBe("hi");
    }

    [Fact]
    public async Task Worker_ThatNeverTakesTheCredential_FailsTheStep()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var run = RunAsync(dispatching, "hi");
        for (var i = 0; i < 2; i++)
        {
            var stream = await worker.StreamAsync();
            await stream.SayAsync(Refused((await stream.StartedAsync()).Number, StatusCode.Unauthenticated));
        }

        (await Should.ThrowAsync<StepFailedException>(() => run)).Failure.Kind.ShouldBe(FailureKind.Denied);
    }

    [Fact]
    public async Task SilenceOfAWorker_EndsItsStream_AndEveryStepIsAttachedAgain()
    {
        var clock = new ManualTimeProvider();
        await using var dispatching = await Dispatching.StartAsync(_redis, options => (options.WorkerLease, options.AttachGrace) = (TimeSpan.FromHours(1), TimeSpan.FromHours(2)), clock);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var runs = Enumerable.Range(0, 5).Select(i => RunAsync(dispatching, $"{i}")).ToArray();
        var first = await worker.StreamAsync();
        foreach (var _ in runs) await first.StartedAsync();

        clock.Advance(TimeSpan.FromHours(1));

        // Each step tries again after a pause, which is much shorter than a lease.
        await using var pauses = new Timer(_ => clock.Advance(TimeSpan.FromMilliseconds(100)), null, 0, 10);
        var second = await worker.StreamAsync();
        foreach (var _ in runs)
        {
            var (number, input) = await second.StartedAsync();
            await second.SayResultAsync(number, input);
        }

        (await Task.WhenAll(runs)).ShouldBe(["0", "1", "2", "3", "4"]);
    }

    [Fact]
    public async Task Journal_ThatTakesLongerThanTheLease_IsNoSilenceOfTheWorker_AndHoldsUpNoOtherStep()
    {
        const int Window = 4_000;
        var (clock, lease) = (new ManualTimeProvider(), TimeSpan.FromMinutes(1));
        await using var dispatching = await Dispatching.StartAsync(_redis, options => (options.WorkerLease, options.WindowBytes) = (lease, Window), clock);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        using var log = new HeldAuditLog();
        var slow = RunAsync(dispatching, "slow", log);
        var stream = await worker.StreamAsync();
        var (slowNumber, _) = await stream.StartedAsync();
        await stream.SayEventAsync(slowNumber, 1, new ToolCalled { Path = _step, CallId = "1", Tool = "charge" });
        await log.Held;
        var piece = new Report { Execution = slowNumber, Delta = new TextPiece { Path = _step, Text = new string('x', 100) } };
        for (var sent = 0; sent < Window; sent += piece.CalculateSize()) await stream.SayAsync(piece);

        // Three leases long nothing is taken in of the slow one. What the worker says of another step shows that it was heard.
        for (var waited = TimeSpan.Zero; waited < lease * 3; waited += lease / 2)
        {
            clock.Advance(lease / 2);
            var quick = RunAsync(dispatching, "quick");
            var (number, _) = await stream.StartedAsync();
            await stream.SayResultAsync(number, "quick");
            (await quick).ShouldBe("quick");
        }

        log.LetPass();
        var (acknowledged, taken) = (false, 0L);
        while (!acknowledged || taken < Window / 2)
        {
            var said = await stream.NextAsync();
            said.Execution.ShouldBe(slowNumber);
            acknowledged |= said.Acknowledged == 1;
            taken += said.Taken;
        }

        await stream.SayResultAsync(slowNumber, "slow");
        (await slow).ShouldBe("slow");
        worker.HasAnotherStream.ShouldBeFalse();
    }

    [Fact]
    public async Task Input_LargerThanTheWorkerTakes_FailsItsStepAlone_AndSaysWhatToDo()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step, new Welcome { MaxMessageBytes = 50_000 });
        var small = RunAsync(dispatching, "small");
        var stream = await worker.StreamAsync();
        var (number, _) = await stream.StartedAsync();

        var failed = await Should.ThrowAsync<StepFailedException>(() => RunAsync(dispatching, new string('x', 60_000)));
        failed.Failure.Kind.ShouldBe(FailureKind.InvalidValue);
        failed.Failure.Message.ShouldContain("raise Limits:MaxMessageBytes of the workers");

        await stream.SayResultAsync(number, "small");
        (await small).ShouldBe("small");
        worker.HasAnotherStream.ShouldBeFalse();
    }

    [Fact]
    public async Task Worker_ThatStops_GetsNothingNewOnTheStream_WhichEndsWhenEveryResultIsTaken()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        var runs = new[] { RunAsync(dispatching, "1"), RunAsync(dispatching, "2") };
        var stream = await worker.StreamAsync();
        var numbers = new[] { (await stream.StartedAsync()).Number, (await stream.StartedAsync()).Number };

        await stream.SayAsync(new Report { Draining = new Draining() });
        await stream.SayResultAsync(numbers[0], "done");
        await Task.WhenAny(runs);
        stream.IsCompleted.ShouldBeFalse("it waits for one more");
        await stream.SayResultAsync(numbers[1], "done");

        await stream.Completed;
        (await Task.WhenAll(runs)).ShouldBe(["done", "done"]);
    }

    [Fact]
    public async Task Cancel_LeavesOneStepOfTheStream()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis, options => options.CancelGrace = TimeSpan.FromMilliseconds(50));
        await using var worker = await ScriptedWorker.StartAsync(dispatching.Directory, _step);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var cancelled = RunAsync(dispatching, "1", cancellationToken: cancel.Token);
        var other = RunAsync(dispatching, "2");
        var stream = await worker.StreamAsync();
        var numbers = new Dictionary<string, long>();
        while (numbers.Count < 2 && await stream.StartedAsync() is var (number, input)) numbers[input] = number;

        await cancel.CancelAsync();
        (await stream.NextAsync()).ShouldSatisfyAllConditions(said => said.Execution.ShouldBe(numbers["1"]), said => said.Cancel.ShouldNotBeEmpty());
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);

        // The worker has not obeyed in time, so the orchestrator leaves.
        (await stream.NextAsync()).ShouldSatisfyAllConditions(said => said.Execution.ShouldBe(numbers["1"]), said => said.Leave.ShouldNotBeNull());
        await stream.SayResultAsync(numbers["2"], "2");
        (await other).ShouldBe("2");
    }

    [Fact]
    public async Task Cut_WithFiftyStepsUnderWay_IsFoundByEveryOneOfThem()
    {
        const int Count = 50;
        var (begun, held, goOn) = (0, new CountdownEvent(Count), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var proxy = new CuttableProxy();
        await using var worker = await WorkerHost.StartBehindAsync(
            proxy,
            _redis,
            host => host.AddStep(_step, Step.Of(
                async (string text, CancellationToken cancellationToken) =>
                {
                    Interlocked.Increment(ref begun);
                    var scope = StepScope.Current!;
                    await scope.Context.Events.AppendAsync(new ToolCalled { Path = scope.Path, CallId = "1", Tool = "charge" }, cancellationToken);
                    held.Signal();
                    await goOn.Task.WaitAsync(cancellationToken);
                    return $"{text}!";
                },
                "held")),
            ("Worker:Capacity", "64"));
        await using var dispatching = await Dispatching.StartAsync(_redis, options => options.AttachGrace = TimeSpan.FromSeconds(30));
        var runs = Enumerable.Range(0, Count).Select(i => RunAsync(dispatching, $"{i}")).ToArray();
        (await Task.Run(() => held.Wait(TimeSpan.FromSeconds(60)), Cancellation)).ShouldBeTrue();

        proxy.Cut();
        goOn.SetResult();

        (await Task.WhenAll(runs)).ShouldBe(Enumerable.Range(0, Count).Select(i => $"{i}!"));
        begun.ShouldBe(Count, "each goes on where it was");
        held.Dispose();
    }

    private async Task<string?> RunAsync(Dispatching dispatching, string input, Audit.IAuditLog? log = null, CancellationToken cancellationToken = default) =>
        (await Workflow.Chain("w", Step.Remote<string, string>(_step)).RunAsync(
            input, new RunOptions { Dispatcher = dispatching.Dispatcher, AuditLog = log }, cancellationToken == default ? Cancellation : cancellationToken)).Output;

    private static Report Refused(long number, StatusCode code) => new() { Execution = number, Refusal = new Refusal { Code = (int)code, Reason = "no" } };
}
