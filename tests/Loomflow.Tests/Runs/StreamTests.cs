using Loomflow.Audit;
using Loomflow.Tests.Audit;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Runs;

/// <summary>What whoever watches a run sees.</summary>
public class StreamTests
{
    private static async Task<(List<RunEvent> Events, Exception? Thrown)> Watch<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input, RunOptions? options = null, CancellationToken? cancellation = null)
    {
        var events = new List<RunEvent>();
        try
        {
            await foreach (var update in workflow.StreamAsync(input, options, cancellation ?? Token)) events.Add(update.Event!);
            return (events, null);
        }
        catch (Exception thrown)
        {
            return (events, thrown);
        }
    }

    private static void ShouldBeWhole(List<RunEvent> events)
    {
        events.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));
        events[0].ShouldBeOfType<RunStarted>();
        events.Count(e => e.IsTerminal).ShouldBe(1);
        events[^1].IsTerminal.ShouldBeTrue();
    }

    [Fact]
    public async Task Stream_ShowsEveryEventInOrder()
    {
        var (events, thrown) = await Watch(Workflow.Chain("chain", Append("a"), Append("b")), "x");

        thrown.ShouldBeNull();
        ShouldBeWhole(events);
        events.Select(e => $"{e.GetType().Name} {e.Path}").ShouldBe(["RunStarted ", "StepStarted a", "StepCompleted a", "StepStarted b", "StepCompleted b", "RunCompleted "]);
        ((RunCompleted)events[^1]).Output.As<string>().ShouldBe("x>a>b");
        events.ShouldAllBe(e => e.Run!.Name == "chain");
    }

    [Fact]
    public async Task Stream_OfARunThatFails_EndsWithRunFailed_ThenThrows()
    {
        var (events, thrown) = await Watch(Workflow.Parallel("fails", [Throw("a", new FormatException("bad")), Hang("b")]), null);

        thrown.ShouldBeOfType<FormatException>();
        ShouldBeWhole(events);
        events[^1].ShouldBeOfType<RunFailed>().Failure.Message.ShouldBe("bad");
    }

    [Fact]
    public async Task Stream_OfARunThatReachesACap_EndsWithRunFailedOfThatKind()
    {
        var loop = new WorkflowBuilder("loop").AddNode("a", Show("a")).SetStart("a").AddRouter<string>("a", _ => "a", Routes(("a", "a"), ("end", "END"))).Build();

        var (events, thrown) = await Watch(loop, "x");

        thrown.ShouldBeOfType<WorkflowCapException>();
        ShouldBeWhole(events);
        events[^1].ShouldBeOfType<RunFailed>().Failure.Kind.ShouldBe(FailureKind.Capped);
    }

    [Fact]
    public async Task Stream_OfARunThatIsCancelled_EndsWithRunCancelled()
    {
        using var cancel = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var watching = Watch(Workflow.Chain("hangs", Hang("h", begun)), null, cancellation: cancel.Token);
        await begun.Task;

        await cancel.CancelAsync();

        var (events, thrown) = await watching;
        thrown.ShouldBeAssignableTo<OperationCanceledException>();
        ShouldBeWhole(events);
        events[^1].ShouldBeOfType<RunCancelled>();
        ShouldBeWhole((await Watch(Workflow.Chain("hangs", Hang("h")), null, cancellation: new CancellationToken(true))).Events);
    }

    [Theory]
    [InlineData(AuditAction.WorkflowStarted)]
    [InlineData(AuditAction.StepStarted)]
    [InlineData(AuditAction.StepCompleted)]
    [InlineData(AuditAction.WorkflowCompleted)]
    public async Task Stream_OfARunWhoseAuditLogRefuses_EndsWithRunFailed(string refused)
    {
        var (events, thrown) = await Watch(Workflow.Chain("audited", Append("a")), "x", new RunOptions { AuditLog = new RefusingLog(refused) });

        thrown.ShouldBeOfType<AuditUnavailableException>();
        events.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));
        events.Count(e => e.IsTerminal).ShouldBe(1);
        events[^1].ShouldBeOfType<RunFailed>();
    }

    [Fact]
    public async Task Stream_AConsumerThatLeaves_CancelsTheRun_AndWaitsForItsEnd()
    {
        var stopped = false;
        await foreach (var update in Workflow.Chain("left", Append("a"), Step.Of(async (string _, CancellationToken cancellationToken) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                stopped = true;
            }

            return "";
        }, "hang")).StreamAsync("x", cancellationToken: Token))
        {
            if (update.Event is StepStarted { Path: "hang" }) break;
        }

        stopped.ShouldBeTrue();
    }

    [Fact]
    public async Task Stream_ASlowConsumer_HoldsTheRunBack()
    {
        var done = 0;
        var chain = Enumerable.Range(0, 500).Aggregate(Workflow.Chain<string>("long"), (chain, i) => chain.Then(text => { done++; return Task.FromResult(text); }, $"s{i}"))
            .Build(new WorkflowOptions { MaxSteps = 500 });
        await using var reader = chain.StreamAsync("x", cancellationToken: Token).GetAsyncEnumerator(Token);
        await reader.MoveNextAsync();

        // The run fills the buffer and then waits; two events for each step.
        SpinWait.SpinUntil(() => Volatile.Read(ref done) >= (RunStream.Capacity / 2) - 2, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        await Task.Delay(50, Token);
        done.ShouldBeLessThanOrEqualTo((RunStream.Capacity / 2) + 1);

        var events = 1;
        while (await reader.MoveNextAsync()) events++;
        (events, done).ShouldBe((1002, 500));
    }

    [Fact]
    public async Task Stream_TheConsumer_NeverSeesTheRunsContext()
    {
        await foreach (var _ in Workflow.Chain("chain", Append("a"), Append("b")).StreamAsync("x", new RunOptions { UserId = "alice" }, Token))
        {
            RunContext.Current.ShouldBeNull();
        }

        RunContext.Current.ShouldBeNull();
    }

    [Fact]
    public async Task Stream_ThatNobodyReads_StartsNothing()
    {
        var called = false;
        _ = Workflow.Chain("idle", Step.Of((string text) => { called = true; return Task.FromResult(text); })).StreamAsync("x", cancellationToken: Token);
        await Task.Yield();

        called.ShouldBeFalse();
    }

    private sealed class RefusingLog(string action) : IAuditLog
    {
        private readonly InMemoryAuditLog _log = new(AuditSamples.Key());

        public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) =>
            entry.Action == action || entry.Action == AuditAction.WorkflowFailed ? throw new AuditUnavailableException("the disk is full") : _log.AppendAsync(entry, cancellationToken);
    }
}
