using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

/// <summary>Many executions on one stream, over real sockets.</summary>
public class StreamTests(RedisFixture fixture)
{
    private readonly Notes _notes = new();

    private Step<string, string> TwoEvents => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
        {
            Interlocked.Increment(ref _notes.Begun);
            await Notes.WriteAsync(Notes.Called("1"), cancellationToken);
            await Notes.WriteAsync(Notes.Called("2"), cancellationToken);
            return text + "!";
        },
        "two");

    [Fact]
    public async Task Executions_OnOneStream_GoOnIndependently()
    {
        const int Count = 40;
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents), ("Worker:Capacity", "100"));
        await using var stream = await OpenStream.OpenAsync(worker);

        await stream.SayAsync([.. Enumerable.Range(1, Count).Select(number => Start(number, "two", $"{number}"))]);
        var begun = new HashSet<long>();
        while (begun.Count < Count)
        {
            var report = await stream.NextOfAnAsync();
            report.Event.Number.ShouldBe(1);
            begun.Add(report.Execution).ShouldBeTrue();
        }

        // The last come first, one by one; every other one waits meanwhile.
        foreach (var number in Enumerable.Range(1, Count).Reverse())
        {
            await stream.SayAsync(new Instruction { Execution = number, Acknowledged = 1 });
            var second = await stream.NextOfAnAsync();
            (second.Execution, second.Event.Number).ShouldBe((number, 2));
        }

        await stream.SayAsync([.. Enumerable.Range(1, Count).Select(number => new Instruction { Execution = number, Acknowledged = 2 })]);
        var results = new Dictionary<long, string>();
        while (results.Count < Count)
        {
            var report = await stream.NextOfAnAsync();
            results.Add(report.Execution, Payload.FromJson(report.Result.Output.Memory).ToString());
        }

        results.ShouldAllBe(result => result.Value == $"{result.Key}!");
        worker.Executions.UnderWay.ShouldBe(0);
    }

    [Fact]
    public async Task AnOrchestratorThatTakesNothingIn_StopsOneExecutionAndNoOther()
    {
        const int Window = 2_000;
        var words = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                var scope = StepScope.Current!;
                for (var i = 0; i < 300; i++) await scope.Context.Events.WriteDeltaAsync(new TextDelta(scope.Path, $"{i}"), cancellationToken);
                await Notes.WriteAsync(Notes.Called("1"), cancellationToken);
                return text;
            },
            "words");
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("words", words).AddStep("two", TwoEvents));
        await using var stream = await OpenStream.OpenAsync(worker, Window);
        var slow = new List<Report>();
        var taken = 0L;

        await stream.SayAsync(Start(1, "words", "slow"));
        await stream.SayAsync(Start(2, "two", "quick"));
        Report report;
        while ((report = await stream.NextOfAnAsync()).Result is null)
        {
            if (report.Execution == 1) slow.Add(report);
            else await stream.SayAsync(new Instruction { Execution = 2, Acknowledged = report.Event.Number });
        }

        report.Execution.ShouldBe(2);

        // Nothing else comes of the slow one, however long it is waited for.
        for (var beats = 0; beats < 3;)
        {
            report = await stream.NextAsync();
            if (report.Alive is not null) beats++;
            else if (report.Execution == 1) slow.Add(report);
        }

        slow.Sum(one => one.CalculateSize()).ShouldBeInRange(Window, Window + slow[0].CalculateSize() + 10);
        while (true)
        {
            if (slow[^1].Event is { } numbered) await stream.SayAsync(new Instruction { Execution = 1, Acknowledged = numbered.Number });
            var told = slow.Sum(one => (long)one.CalculateSize());
            await stream.SayAsync(new Instruction { Execution = 1, Taken = told - taken });
            taken = told;
            report = await stream.NextOfAnAsync();
            if (report.Result is not null) break;
            slow.Add(report);
        }

        slow.Select(one => one.Delta?.Text ?? "event").ShouldBe([.. Enumerable.Range(0, 300).Select(i => $"{i}"), "event"]);
    }

    [Fact]
    public async Task AResult_AsLargeAsTheOrchestratorTakes_Comes_AndALargerOneIsRefusedAlone()
    {
        const int Limit = 1024 * 1024;
        await using var worker = await TestWorker.StartAsync(
            fixture.Redis, host => host.AddStep("grow", Step.Of((int size) => new string('x', size), "grow")));
        await using var stream = await OpenStream.OpenAsync(worker, windowBytes: 1_000, maxMessageBytes: Limit);

        await stream.SayAsync(Start(1, "grow", Limit - 200), Start(2, "grow", Limit), Start(3, "grow", 10));
        var reports = new Dictionary<long, Report>();
        while (reports.Count < 3 && await stream.NextOfAnAsync() is { } report) reports.Add(report.Execution, report);

        Payload.FromJson(reports[1].Result.Output.Memory).ToString().Length.ShouldBe(Limit - 200);
        reports[2].Refusal.Code.ShouldBe((int)StatusCode.InvalidArgument);
        reports[2].Refusal.Reason.ShouldContain("raise Dispatch:MaxMessageBytes");
        Payload.FromJson(reports[3].Result.Output.Memory).ToString().Length.ShouldBe(10);
    }

    [Fact]
    public async Task AnEvent_LargerThanTheOrchestratorTakes_EndsTheExecutionForIt()
    {
        var tool = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                try
                {
                    await Notes.WriteAsync(new ToolCalled { CallId = new string('x', 100_000), Tool = "charge" }, cancellationToken);
                    return text;
                }
                finally
                {
                    _notes.Reach("stopped");
                }
            },
            "tool");
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("tool", tool), ("Worker:OrphanGrace", "00:00:00"));
        await using var stream = await OpenStream.OpenAsync(worker, maxMessageBytes: 50_000);

        await stream.SayAsync(Start(1, "tool", "hi"));

        (await stream.NextOfAnAsync()).Refusal.Code.ShouldBe((int)StatusCode.InvalidArgument);
        await _notes.Reached("stopped");
    }

    [Fact]
    public async Task WhatIsRefused_LeavesTheStreamAsItWas()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents), ("Worker:Capacity", "1"));
        await using var stream = await OpenStream.OpenAsync(worker);
        await stream.SayAsync(Start(1, "two", "hi"));
        (await stream.NextOfAnAsync()).Event.Number.ShouldBe(1);

        var known = Start(2, "two", "attach");
        known.Start.AttachOnly = true;
        await stream.SayAsync(known, Start(3, "nothing", "hi"), Start(4, "two", "full"));
        foreach (var expected in new[] { StatusCode.NotFound, StatusCode.Unimplemented, StatusCode.ResourceExhausted }) ((StatusCode)(await stream.NextOfAnAsync()).Refusal.Code).ShouldBe(expected);

        await stream.SayAsync(new Instruction { Execution = 99, Cancel = "nobody" }, new Instruction { Execution = 1, Cancel = "enough" });
        (await stream.NextOfAnAsync()).Result.Cancelled.ShouldBe("enough");
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("no opening")]
    [InlineData("no window")]
    [InlineData("no message size")]
    [InlineData("number 0")]
    [InlineData("number twice")]
    public async Task AnOrchestratorThatDoesNotKeepToTheProtocol_IsToldSoAndThatIsTheEnd(string what)
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        using var call = worker.Client.Execute(cancellationToken: TestContext.Current.CancellationToken);
        var opening = new Instruction { Opening = new Opening { MaxMessageBytes = 10_000, WindowBytes = 1_000 } };
        Instruction[] said = what switch
        {
            "nothing" => [],
            "no opening" => [Start(1, "two", "hi")],
            "no window" => [new Instruction { Opening = new Opening { MaxMessageBytes = 10_000 } }],
            "no message size" => [new Instruction { Opening = new Opening { WindowBytes = 1_000 } }],
            "number 0" => [opening, Start(0, "two", "hi")],
            _ => [opening, Start(1, "two", "hi"), Start(1, "two", "there")],
        };
        await call.RequestStream.WriteAsync(new ExecuteRequest { Instructions = { said } }, TestContext.Current.CancellationToken);

        var refused = await Should.ThrowAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
                // What it says before it has read the mistake.
            }
        });
        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task AnotherOrchestrator_TakesAnExecutionOver_AndTheFormerKeepsItsOthers()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        await using var one = await OpenStream.OpenAsync(worker);
        await using var other = await OpenStream.OpenAsync(worker);
        var (shared, own) = (Start(1, "two", "shared"), Start(2, "two", "own"));
        await one.SayAsync(shared, own);
        for (var i = 0; i < 2; i++) (await one.NextOfAnAsync()).Event.Number.ShouldBe(1);

        await other.SayAsync(new Instruction { Execution = 7, Start = shared.Start });
        (await other.NextOfAnAsync()).Event.Number.ShouldBe(1);
        var told = await one.NextOfAnAsync();
        (told.Execution, told.Refusal.Code).ShouldBe((1, (int)StatusCode.Aborted));

        // What the former says about it from now on is nothing to anybody.
        await one.SayAsync(new Instruction { Execution = 1, Cancel = "mine" }, new Instruction { Execution = 2, Acknowledged = 1 });
        (await one.NextOfAnAsync()).ShouldSatisfyAllConditions(report => report.Execution.ShouldBe(2), report => report.Event.Number.ShouldBe(2));
        await other.SayAsync(new Instruction { Execution = 7, Acknowledged = 1 });
        (await other.NextOfAnAsync()).Event.Number.ShouldBe(2);
        _notes.Begun.ShouldBe(2);
    }

    [Fact]
    public async Task AnOrchestratorThatLeaves_HearsNoMore_AndTheExecutionStopsAfterTheGraceTime()
    {
        var endless = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                _notes.Reach("begun");
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                finally
                {
                    _notes.Reach("stopped");
                }

                return text;
            },
            "endless");
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("endless", endless).AddStep("two", TwoEvents), ("Worker:OrphanGrace", "00:00:00.05"));
        await using var stream = await OpenStream.OpenAsync(worker);
        await stream.SayAsync(Start(1, "endless", "hi"), Start(2, "two", "there"));
        await _notes.Reached("begun");

        await stream.SayAsync(new Instruction { Execution = 1, Leave = new Leave() });
        await _notes.Reached("stopped");

        (await stream.NextOfAnAsync()).Execution.ShouldBe(2);
        await stream.SayAsync(new Instruction { Execution = 2, Acknowledged = 1 });
        (await stream.NextOfAnAsync()).Execution.ShouldBe(2);
    }

    [Fact]
    public async Task AStreamThatIsCut_WithFiftyExecutionsUnderWay_LeavesThemAllForTheNext()
    {
        const int Count = 50;
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents), ("Worker:Capacity", "64"));
        Instruction[] starts = [.. Enumerable.Range(1, Count).Select(number => Start(number, "two", $"{number}"))];
        await using (var first = await OpenStream.OpenAsync(worker))
        {
            await first.SayAsync(starts);
            for (var i = 0; i < Count; i++) (await first.NextOfAnAsync()).Event.Number.ShouldBe(1);
        }

        await using var second = await OpenStream.OpenAsync(worker);
        await second.SayAsync(starts);
        var results = 0;
        while (results < Count)
        {
            var report = await second.NextOfAnAsync();
            if (report.Event is { } numbered) await second.SayAsync(new Instruction { Execution = report.Execution, Acknowledged = numbered.Number });
            else Payload.FromJson(report.Result.Output.Memory).ToString().ShouldBe($"{report.Execution}!", $"{++results}");
        }

        _notes.Begun.ShouldBe(Count);
    }

    [Fact]
    public async Task AStream_ThatTheOrchestratorHasNoMoreUseFor_EndsWell()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        await using var stream = await OpenStream.OpenAsync(worker);

        await stream.CompleteAsync();

        (await stream.RestAsync()).ShouldAllBe(report => report.Alive != null);
    }

    [Fact]
    public async Task AStoppingWorker_SaysSo_TellsEveryResult_AndWaitsForTheOrchestratorToLeave()
    {
        const int Count = 20;
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("two", TwoEvents));
        await using var stream = await OpenStream.OpenAsync(worker);
        await stream.SayAsync([.. Enumerable.Range(1, Count).Select(number => Start(number, "two", $"{number}"))]);
        for (var i = 0; i < Count; i++) (await stream.NextOfAnAsync()).Event.Number.ShouldBe(1);

        var stopped = worker.StopAsync();
        while ((await stream.NextAsync()).Draining is null)
        {
            // It is alive until then.
        }

        await stream.SayAsync([.. Enumerable.Range(1, Count).Select(number => new Instruction { Execution = number, Acknowledged = 1 })]);
        var results = 0;
        while (results < Count)
        {
            var report = await stream.NextOfAnAsync();
            if (report.Event is not null) await stream.SayAsync(new Instruction { Execution = report.Execution, Acknowledged = 2 });
            else if (report.Result.Output.Length > 0) results++;
        }

        stopped.IsCompleted.ShouldBeFalse("it waits until this side has heard everything");
        await stream.CompleteAsync();
        await stopped;
    }

    private static Instruction Start(long number, string step, object input) => new() { Execution = number, Start = Caller.Start(step, input) };
}
