using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

public class AttachTests(RedisFixture fixture)
{
    private static readonly RunIdentity s_run = new() { RunId = "run_1", Name = "test", SessionId = "sess_1" };

    private readonly Notes _notes = new();

    private Step<string, string> TwoEvents => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
        {
            Interlocked.Increment(ref _notes.Begun);
            await Notes.WriteAsync(Notes.Called("1"), cancellationToken);
            _notes.Reach("one");
            await Notes.WriteAsync(Notes.Called("2"), cancellationToken);
            _notes.Reach("two");
            return text + "!";
        },
        "two");

    [Fact]
    public async Task What_an_event_announces_does_not_begin_before_the_event_is_acknowledged()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("two", "hi"));

        (await caller.NextEventAsync()).Number.ShouldBe(1);
        for (var i = 0; i < 2; i++) (await caller.NextOfAnyKindAsync()).Alive.ShouldNotBeNull("the step must wait, and the worker say that it is alive");
        _notes.Log.ShouldBeEmpty();

        await caller.AcknowledgeAsync(1);
        (await caller.NextEventAsync()).Number.ShouldBe(2);
        _notes.Log.ShouldBe(["one"]);

        await caller.AcknowledgeAsync(2);
        Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("hi!"));
    }

    [Fact]
    public async Task Results_beyond_those_that_are_kept_are_dropped()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("shout", Step.Of((string text) => text + "!", "shout")), ("Worker:RetainedResults", "2"));
        var starts = Enumerable.Range(0, 5).Select(number => Caller.Start("shout", $"{number}")).ToArray();
        foreach (var start in starts)
        {
            await using var caller = await Caller.AttachAsync(worker, start);
            await caller.ResultAsync();
            start.AttachOnly = true;
        }

        // An execution has told its result a moment before it counts as ended.
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await KeptAsync() > 2) await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        (await KeptAsync()).ShouldBe(2);

        async Task<int> KeptAsync()
        {
            var kept = 0;
            foreach (var start in starts)
            {
                await using var again = await Caller.AttachAsync(worker, start);
                var refusal = await again.RefusalAsync();
                if (refusal.StatusCode == StatusCode.OK) kept++;
                else refusal.StatusCode.ShouldBe(StatusCode.NotFound);
            }

            return kept;
        }
    }

    [Fact]
    public async Task After_a_cut_stream_the_step_has_gone_on_and_what_is_not_journaled_is_sent_again()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        var start = Caller.Start("two", "hi");
        RunEvent first;
        await using (var caller = await Caller.AttachAsync(worker, start))
        {
            first = (await caller.NextEventAsync()).Event;
            await caller.AcknowledgeAsync(1);
            (await caller.NextEventAsync()).Number.ShouldBe(2);
        }

        await using var other = await Caller.AttachAsync(worker, With(start, Journaled(first)));
        var (number, second) = await other.NextEventAsync();
        number.ShouldBe(2);
        second.ShouldBeOfType<ToolCalled>().CallId.ShouldBe("2");
        await other.AcknowledgeAsync(2);
        (await other.ResultAsync()).Output.IsEmpty.ShouldBeFalse();
        _notes.Begun.ShouldBe(1);
    }

    [Fact]
    public async Task A_journal_that_holds_an_event_acknowledges_it()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        var start = Caller.Start("two", "hi");
        RunEvent first;
        await using (var caller = await Caller.AttachAsync(worker, start)) first = (await caller.NextEventAsync()).Event;

        await using var other = await Caller.AttachAsync(worker, With(start, Journaled(first)));
        (await other.NextEventAsync()).Number.ShouldBe(2);
        _notes.Log.ShouldBe(["one"]);
        _notes.Begun.ShouldBe(1);
    }

    [Fact]
    public async Task A_journal_that_went_another_way_begins_the_step_anew()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        var start = Caller.Start("two", "hi");
        await using var caller = await Caller.AttachAsync(worker, start);
        await caller.NextEventAsync();

        await using var other = await Caller.AttachAsync(worker, With(start, Journaled(Notes.Called("of another worker") with { Path = "node/tool" })));
        (await other.NextEventAsync()).Number.ShouldBe(2, "numbers go on from the journal");
        _notes.Begun.ShouldBe(2);
        (await caller.RefusalAsync()).StatusCode.ShouldBe(StatusCode.Aborted);
    }

    [Fact]
    public async Task A_step_delivered_twice_at_the_same_time_runs_once_and_the_second_stream_counts()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        var start = Caller.Start("two", "hi");
        await using var first = await Caller.AttachAsync(worker, start);
        await first.NextEventAsync();
        await using var second = await Caller.AttachAsync(worker, start);

        (await first.RefusalAsync()).StatusCode.ShouldBe(StatusCode.Aborted);
        (await second.NextEventAsync()).Number.ShouldBe(1);
        await second.AcknowledgeAsync(1);
        (await second.NextEventAsync()).Number.ShouldBe(2);
        await second.AcknowledgeAsync(2);
        await second.ResultAsync();
        _notes.Begun.ShouldBe(1);
    }

    [Fact]
    public async Task An_execution_that_has_ended_gives_its_result_again()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("echo", Step.Of((string text) =>
        {
            _notes.Reach("run");
            return text;
        }, "echo")));
        var start = Caller.Start("echo", "hi");
        for (var i = 0; i < 2; i++)
        {
            await using var caller = await Caller.AttachAsync(worker, start);
            Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("hi"));
        }

        start.AttachOnly = true;
        await using var late = await Caller.AttachAsync(worker, start);
        await late.ResultAsync();
        _notes.Log.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_result_is_forgotten_after_its_retention()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("echo", Step.Of((string text) => text, "echo")), ("Worker:Retention", "00:00:00"));
        var start = Caller.Start("echo", "hi");
        await using (var caller = await Caller.AttachAsync(worker, start)) await caller.ResultAsync();

        start.AttachOnly = true;
        Status refusal;
        do
        {
            // Whether it is forgotten before or after the stream has ended is open.
            await using var late = await Caller.AttachAsync(worker, start);
            refusal = await late.RefusalAsync();
        }
        while (refusal.StatusCode == StatusCode.OK);

        refusal.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Another_attempt_is_another_execution_and_an_older_one_is_refused()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        var start = Caller.Start("two", "hi");
        await using var first = await Caller.AttachAsync(worker, start);
        await first.NextEventAsync();

        await using var second = await Caller.AttachAsync(worker, new StartExecution(start) { Attempt = 2 });
        await second.NextEventAsync();
        _notes.Begun.ShouldBe(2);

        await using var late = await Caller.AttachAsync(worker, start);
        (await late.RefusalAsync()).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
    }

    private static RunEvent Journaled(RunEvent runEvent) => runEvent.Stamp(s_run, 17, DateTimeOffset.UtcNow);

    private static StartExecution With(StartExecution start, params RunEvent[] history)
    {
        var again = new StartExecution(start);
        again.History.AddRange(history.Select(runEvent => Google.Protobuf.ByteString.CopyFrom(RunEventJson.Write(runEvent))));
        return again;
    }
}
