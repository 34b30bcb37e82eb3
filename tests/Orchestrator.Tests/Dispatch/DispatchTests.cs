using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

public class DispatchTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly Points _points = new();
    private readonly string _step = $"step-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_that_a_worker_hosts_runs_there_with_the_runs_identity()
    {
        RunContext? seen = null;
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Step.Of((string name) =>
        {
            seen = RunContext.Current;
            return $"Hello {name}";
        }, "greet")));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain("greeting", Remote(), Step.Of((string text) => text + "!", "shout"));

        var result = await workflow.RunAsync(
            "Ada",
            new RunOptions { UserId = "alice", SessionId = "s1", ResponseTone = "friendly", Metadata = new Dictionary<string, string> { ["team"] = "x" }, Dispatcher = dispatching.Dispatcher },
            Cancellation);

        result.Output.ShouldBe("Hello Ada!");
        seen.ShouldNotBeNull();
        seen.RunId.ShouldBe(result.RunId);
        seen.UserId.ShouldBe("alice");
        seen.SessionId.ShouldBe("s1");
        seen.ResponseTone.ShouldBe("friendly");
        seen.Metadata["team"].ShouldBe("x");
    }

    [Fact]
    public async Task What_the_step_writes_is_part_of_the_run_with_its_text_and_its_usage()
    {
        var step = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                var scope = StepScope.Current!;
                await scope.Context.Events.AppendAsync(Called(scope, "1"), cancellationToken);
                await scope.Context.Events.WriteDeltaAsync(new TextDelta(scope.Path, "he"), cancellationToken);
                await scope.Context.Events.AppendAsync(Called(scope, "2"), cancellationToken);
                scope.Usage.Add(new Usage(InputTokens: 5, ModelCalls: 1));
                return text;
            },
            "write");
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, step));
        await using var dispatching = await Dispatching.StartAsync(_redis);

        var updates = new List<RunUpdate>();
        await foreach (var update in Workflow.Chain("w", Remote()).StreamAsync("hi", new RunOptions { Dispatcher = dispatching.Dispatcher }, Cancellation)) updates.Add(update);

        updates.Select(update => update.Event?.GetType().Name ?? update.Delta!.Value.Text).ShouldBe(
            [nameof(RunStarted), nameof(StepStarted), nameof(ToolCalled), "he", nameof(ToolCalled), nameof(StepCompleted), nameof(RunCompleted)]);
        updates.Select(update => update.Event).OfType<RunEvent>().Select(e => e.Sequence).ShouldBe([1, 2, 3, 4, 5, 6]);
        updates[^1].Event.ShouldBeOfType<RunCompleted>().Usage.InputTokens.ShouldBe(5);
    }

    [Fact]
    public async Task A_failure_is_the_steps_and_another_attempt_begins_it_anew()
    {
        var attempts = 0;
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Step.Of(
            (string text) => Interlocked.Increment(ref attempts) < 3 ? throw new TimeoutException("too slow") : text, "flaky")));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var patient = Remote().WithRetry(new RetryPolicy { MaxAttempts = 3, InitialDelay = TimeSpan.FromMilliseconds(1) });
        var options = new RunOptions { Dispatcher = dispatching.Dispatcher };

        (await Workflow.Chain("w", patient).RunAsync("hi", options, Cancellation)).Output.ShouldBe("hi");
        attempts.ShouldBe(3);

        attempts = 0;
        var failed = await Should.ThrowAsync<StepFailedException>(() => Workflow.Chain("w", Remote()).RunAsync("hi", options, Cancellation));
        failed.Failure.Kind.ShouldBe(FailureKind.Timeout);
        failed.Failure.Message.ShouldBe("too slow");
    }

    [Fact]
    public async Task Cancelling_a_run_reaches_the_step_on_the_worker()
    {
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Held()));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var run = Workflow.Chain("w", Remote()).RunAsync("hi", new RunOptions { Dispatcher = dispatching.Dispatcher }, cancel.Token);
        await _points.Reached("held hi");
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run);
        await _points.Reached("stopped");
    }

    [Fact]
    public async Task A_step_that_no_worker_hosts_waits_and_says_why_until_there_is_one()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var updates = Workflow.Chain("w", Remote())
            .StreamAsync("hi", new RunOptions { Dispatcher = dispatching.Dispatcher }, Cancellation).GetAsyncEnumerator(Cancellation);
        StepWaiting? waiting = null;
        while (waiting is null && await updates.MoveNextAsync()) waiting = updates.Current.Event as StepWaiting;
        waiting!.Reason.ShouldBe($"No live worker hosts '{_step}'.");

        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Step.Of((string text) => text, "echo")));
        RunEvent? last = null;
        while (await updates.MoveNextAsync()) last = updates.Current.Event;
        last.ShouldBeOfType<RunCompleted>();
    }

    [Fact]
    public async Task A_step_that_no_worker_hosts_fails_after_its_timeout()
    {
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await Should.ThrowAsync<TimeoutException>(() => Workflow.Chain("w", Remote().WithTimeout(TimeSpan.FromMilliseconds(200)))
            .RunAsync("hi", new RunOptions { Dispatcher = dispatching.Dispatcher }, Cancellation));
    }

    [Fact]
    public async Task Steps_for_a_full_worker_stand_in_line_and_say_how_long_it_is()
    {
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Held()), ("Worker:Capacity", "1"));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var first = RunAsync("a", dispatching);
        await _points.Reached("held a");

        var (second, waitsSecond) = Watched("b", dispatching);
        (await waitsSecond).ShouldBe($"All workers that host '{_step}' are full: 1, with 1 places.");
        var (third, waitsThird) = Watched("c", dispatching);
        (await waitsThird).ShouldBe($"All workers that host '{_step}' are full: 1, with 1 places. Steps before this one in line: 1.");

        foreach (var input in new[] { "c", "b", "a" }) _points.LetPass($"held {input}");
        (await first).ShouldBe("a");
        await second;
        await third;
        _points.Log.ShouldBe(["held a", "run a", "held b", "run b", "held c", "run c"]);
    }

    [Fact]
    public async Task Of_steps_in_line_the_user_with_the_fewest_under_way_comes_first()
    {
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Held()), ("Worker:Capacity", "2"));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var under = new[] { RunAsync("1", dispatching, "alice"), RunAsync("2", dispatching, "alice") };
        while (worker.Executions.UnderWay < 2) await Task.Yield();
        var (alice, aliceWaits) = Watched("3", dispatching, "alice");
        await aliceWaits;
        var (bob, bobWaits) = Watched("4", dispatching, "bob");
        await bobWaits;

        _points.LetPass("held 1");
        await _points.Reached("held 4");
        _points.Log.ShouldNotContain("held 3");

        foreach (var input in new[] { "2", "3", "4" }) _points.LetPass($"held {input}");
        await Task.WhenAll([.. under, alice, bob]);
    }

    [Fact]
    public async Task Steps_go_to_the_least_loaded_worker()
    {
        await using var one = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Held()), ("Worker:Capacity", "8"));
        await using var two = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, Held()), ("Worker:Capacity", "8"));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        while ((await dispatching.Directory.FindAsync(_step, Cancellation)).Count < 2) await Task.Yield();

        var runs = Enumerable.Range(0, 10).Select(i => RunAsync($"{i}", dispatching)).ToArray();
        while (one.Executions.UnderWay + two.Executions.UnderWay < 10) await Task.Yield();

        one.Executions.UnderWay.ShouldBe(5);
        two.Executions.UnderWay.ShouldBe(5);
        for (var i = 0; i < 10; i++) _points.LetPass($"held {i}");
        await Task.WhenAll(runs);
    }

    [Fact]
    public async Task A_worker_cannot_write_what_is_not_its_steps()
    {
        var step = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                await RunContext.Current!.Events.AppendAsync(new RunCompleted { Path = "", Kind = RunKind.Workflow, Name = "w" }, cancellationToken);
                return text;
            },
            "forge");
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep(_step, step), ("Worker:OrphanGrace", "00:00:00"));
        await using var dispatching = await Dispatching.StartAsync(_redis);

        var failed = await Should.ThrowAsync<StepFailedException>(() => RunAsync("hi", dispatching));
        failed.Failure.Message.ShouldContain("which cannot be");
    }

    private Step<string, string> Remote() => Step.Remote<string, string>(_step);

    private Step<string, string> Held() => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
        {
            try
            {
                await _points.HoldAsync($"held {text}", cancellationToken);
            }
            catch (OperationCanceledException)
            {
                _points.Reach("stopped");
                throw;
            }

            _points.Reach($"run {text}");
            return text;
        },
        "held");

    private async Task<string?> RunAsync(string input, Dispatching dispatching, string user = "alice") =>
        (await Workflow.Chain("w", Remote()).RunAsync(input, new RunOptions { Dispatcher = dispatching.Dispatcher, UserId = user }, Cancellation)).Output;

    /// <summary>A run that tells why it waits.</summary>
    private (Task Run, Task<string> Waits) Watched(string input, Dispatching dispatching, string user = "alice")
    {
        var waits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        return (WatchAsync(), waits.Task);

        async Task WatchAsync()
        {
            await foreach (var update in Workflow.Chain("w", Remote()).StreamAsync(input, new RunOptions { Dispatcher = dispatching.Dispatcher, UserId = user }, Cancellation))
            {
                if (update.Event is StepWaiting waiting) waits.TrySetResult(waiting.Reason);
            }
        }
    }

    private static ToolCalled Called(StepScope scope, string id) => new() { Path = scope.Path, CallId = id, Tool = "charge" };
}
