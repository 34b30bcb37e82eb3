using Loomflow.Testing;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Engine;

/// <summary>Failure, cancellation and what happens to the steps beside.</summary>
public class EndingTests
{
    [Fact]
    public async Task Failure_IsTheFirstOne_WithItsTypeAndStack()
    {
        async Task<string> Deep(string text)
        {
            await Task.Yield();
            throw new KeyNotFoundException(text);
        }

        var thrown = await Should.ThrowAsync<KeyNotFoundException>(() => Workflow.Chain("outer", Workflow.Chain("inner", Step.Of<string, string>(Deep))).RunAsync("x", cancellationToken: Token));

        thrown.StackTrace!.ShouldContain(nameof(Deep));
        thrown.GetRun()!.History.Select(visit => (visit.Path, visit.Status)).ShouldBe([("inner", RunStatus.Failed), ("inner/Deep", RunStatus.Failed)]);
    }

    [Fact]
    public async Task Failure_SiblingsAreCancelledAndAwaited_AndTheirFailuresAttached()
    {
        var (begun, hung) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stopped = false;
        var failing = Step.Of<object?, string>(async _ => { await begun.Task; await hung.Task; throw new IOException("first"); }, "failing");
        var alsoFailing = Step.Of<object?, string>(async (_, cancellationToken) =>
        {
            hung.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                throw new FormatException("while stopping");
            }

            return "";
        }, "also");
        var workflow = Workflow.Parallel("siblings", [failing, Hang("hang", begun, () => stopped = true), Workflow.Parallel("nested", [alsoFailing], results => results[0])]);

        var thrown = await Should.ThrowAsync<IOException>(() => workflow.RunAsync(null, cancellationToken: Token));

        stopped.ShouldBeTrue("the run is over only when everything has stopped");
        thrown.Message.ShouldBe("first");
        thrown.GetSiblingFailures().Select(failure => failure.Message).ShouldBe(["while stopping"]);
        thrown.GetRun()!.History.ToDictionary(visit => visit.Path, visit => visit.Status).ShouldBe(new Dictionary<string, RunStatus>
        {
            ["failing"] = RunStatus.Failed,
            ["hang"] = RunStatus.Cancelled,
            ["nested"] = RunStatus.Failed,
            ["nested/also"] = RunStatus.Failed,
        }, ignoreOrder: true);
    }

    [Fact]
    public async Task Cancellation_IsAnOutcomeOfItsOwn()
    {
        using var cancel = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var run = Workflow.Chain("cancelled", Workflow.Chain("inner", Hang("hang", begun)), Append("after")).RunAsync(null, cancellationToken: cancel.Token);
        await begun.Task;

        await cancel.CancelAsync();

        var thrown = await ThrownBy<OperationCanceledException>(() => run);
        thrown.CancellationToken.ShouldBe(cancel.Token);
        var result = thrown.GetRun()!;
        result.Status.ShouldBe(RunStatus.Cancelled);
        result.History.Select(visit => visit.Status).ShouldAllBe(status => status == RunStatus.Cancelled);
    }

    [Fact]
    public async Task Cancellation_AStepThatFailsWhileStopping_DoesNotTurnItIntoAFailure()
    {
        var handle = new RunHandle();
        var step = Step.Of<object?, string>(async (_, cancellationToken) =>
        {
            handle.Cancel("enough");
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => throw new IOException("broken off"), TaskScheduler.Default);
            return "";
        }, "step");

        var thrown = await ThrownBy<OperationCanceledException>(() => Workflow.Chain("cancelled", step).RunAsync(null, handle, cancellationToken: Token));

        thrown.Message.ShouldContain("enough");
        thrown.GetRun()!.Status.ShouldBe(RunStatus.Cancelled);
    }

    [Fact]
    public async Task Cancellation_BeforeTheStart_BeginsNothing()
    {
        var called = false;
        var workflow = Workflow.Chain("never", Step.Of((string text) => { called = true; return Task.FromResult(text); }));

        var thrown = await ThrownBy<OperationCanceledException>(() => workflow.RunAsync("x", cancellationToken: new CancellationToken(true)));

        called.ShouldBeFalse();
        thrown.GetRun()!.History.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancellation_ClassifierUnderWay_IsCancelledAndAwaited()
    {
        var (begun, ended) = (new TaskCompletionSource(), false);
        using var cancel = new CancellationTokenSource();
        async Task<string> Classify(string _, CancellationToken cancellationToken)
        {
            begun.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                await Task.Yield();
                ended = true;
            }

            return "x";
        }

        foreach (var builder in new[]
        {
            new WorkflowBuilder("router").AddNode("a", Show("a")).AddNode("b", Show("b")).SetStart("a").AddRouter<string>("a", Classify, Routes(("b", "b"))),
            new WorkflowBuilder("entry").AddNode("b", Show("b")).AddRouter<string>("START", Classify, Routes(("b", "b"))),
        })
        {
            (begun, ended) = (new TaskCompletionSource(), false);
            using var stop = new CancellationTokenSource();
            var run = builder.Build().RunAsync("x", cancellationToken: stop.Token);
            await begun.Task;
            await stop.CancelAsync();

            (await ThrownBy<OperationCanceledException>(() => run)).GetRun()!.History.ShouldAllBe(visit => visit.Status == RunStatus.Completed);
            ended.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task StepThatDoesNotStop_IsLeftBehindAfterTheGrace_AndReported()
    {
        var time = new ManualTimeProvider();
        var (begun, never) = (new TaskCompletionSource(), new TaskCompletionSource<string>());
        var deaf = Step.Of<object?, string>(_ => { begun.SetResult(); return never.Task; }, "deaf");
        var events = new List<RunEvent>();
        using var cancel = new CancellationTokenSource();
        var consumer = Task.Run(async () =>
        {
            await foreach (var update in Workflow.Chain("left", deaf, new WorkflowOptions { CancellationGrace = TimeSpan.FromSeconds(7) }).StreamAsync(null, new RunOptions { Time = time }, cancel.Token)) events.Add(update.Event!);
        }, Token);
        await begun.Task;
        await cancel.CancelAsync();
        while (time.PendingTimers == 0) await Task.Delay(1, Token);

        time.Advance(TimeSpan.FromSeconds(7));

        await ThrownBy<OperationCanceledException>(() => consumer);
        events.OfType<StepCancelled>().ShouldHaveSingleItem().Abandoned.ShouldBeTrue();
        events[^1].ShouldBeOfType<RunCancelled>();
    }

    [Fact]
    public async Task StepThatThrowsCancellationOnItsOwn_IsAFailure()
    {
        var thrown = await ThrownBy<TaskCanceledException>(() => Workflow.Chain("http", Throw("call", new TaskCanceledException("the server took too long"))).RunAsync(null, cancellationToken: Token));

        thrown.GetRun()!.Status.ShouldBe(RunStatus.Failed);
    }
}
