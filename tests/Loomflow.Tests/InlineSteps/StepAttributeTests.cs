using System.Diagnostics;

namespace Loomflow.Tests.InlineSteps;

public class StepAttributeTests
{
    private int _calls;

    [Step]
    private async Task<string> Classify(string text)
    {
        _calls++;
        await Task.Yield();
        return text.Contains("invoice", StringComparison.Ordinal) ? "billing" : "tech";
    }

    [Step(Name = "respond-v2")]
    private static async ValueTask<string> Respond(string text, string label, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return $"{label}: {text}";
    }

    [Step]
    private static async Task Fail(string why)
    {
        await Task.Yield();
        throw new InvalidOperationException(why);
    }

    [Step]
    private static Task Nothing() => Task.CompletedTask;

    [Step]
    private static async Task<string> Outer(string text)
    {
        await Nothing();
        await Nothing();
        return await Respond(text, "outer");
    }

    [Step]
    private static async Task<int> Spend(long tokens)
    {
        await Task.Yield();
        StepScope.Current!.Usage.Add(new Usage(InputTokens: tokens));
        return 1;
    }

    [Fact]
    public async Task Call_OutsideARun_IsAPlainCall() =>
        (await Respond("hello", await Classify("an invoice"))).ShouldBe("billing: hello");

    [Fact]
    public async Task Call_OutsideARun_AllocatesNothing()
    {
        await Calls(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var calls = Calls(1_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        await calls;

        static Task Calls(int count)
        {
            var last = Task.CompletedTask;
            for (var i = 0; i < count; i++) last = Nothing();
            return last;
        }
    }

    [Fact]
    public async Task Call_InARun_WritesAStartedAndACompletedEvent()
    {
        var run = new RecordedRun();
        (await run.RunAsync(async () => await Respond("hello", await Classify("hello")))).ShouldBe("tech: hello");

        run.Story.ShouldBe(["started Classify", "completed Classify", "started respond-v2", "completed respond-v2"]);
        run.Events[2].ShouldBeOfType<StepStarted>().Inline.ShouldBeTrue();
        run.Events[2].ShouldBeOfType<StepStarted>().Input.ToString().ShouldBe("""{"text":"hello","label":"tech"}""");
        run.Events[3].ShouldBeOfType<StepCompleted>().Output.As<string>().ShouldBe("tech: hello");
        run.Events[3].ShouldBeOfType<StepCompleted>().Inline.ShouldBeTrue();
    }

    [Fact]
    public async Task Failure_IsAnEvent_AndReachesTheCallerAsItIs()
    {
        var run = new RecordedRun();
        var thrown = await Should.ThrowAsync<InvalidOperationException>(() => run.RunAsync(() => Fail("no route to the printer")));

        thrown.Message.ShouldBe("no route to the printer");
        run.Story.ShouldBe(["started Fail", "failed Fail"]);
        var failed = run.Events[1].ShouldBeOfType<StepFailed>();
        failed.Inline.ShouldBeTrue();
        failed.Failure.Exception.ShouldBeSameAs(thrown);
        failed.Failure.Node.ShouldBe("Fail");
    }

    [Fact]
    public async Task Cancellation_IsJournaledAsSuch()
    {
        var run = new RecordedRun();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run.RunAsync(() => Respond("a", "b", cancelled.Token).AsTask()));

        run.Events[1].ShouldBeOfType<StepFailed>().Failure.Kind.ShouldBe(FailureKind.Cancelled);
    }

    [Fact]
    public async Task NestedSteps_HaveThePathOfTheStepAroundThem_AndRepeatsAreNumbered()
    {
        var run = new RecordedRun();
        await run.RunAsync(() => Outer("x"), path: "triage");

        run.Story.ShouldBe(
        [
            "started triage/Outer",
            "started triage/Outer/Nothing", "completed triage/Outer/Nothing",
            "started triage/Outer/Nothing:2", "completed triage/Outer/Nothing:2",
            "started triage/Outer/respond-v2", "completed triage/Outer/respond-v2",
            "completed triage/Outer",
        ]);
    }

    [Fact]
    public async Task ConcurrentSteps_AreNumberedInTheOrderOfTheirCalls()
    {
        var run = new RecordedRun();
        var answers = await run.RunAsync(() => Task.WhenAll(Enumerable.Range(1, 20).Select(i => Classify($"{i}"))));

        answers.Length.ShouldBe(20);
        foreach (var started in run.Events.OfType<StepStarted>())
        {
            var number = started.Path == "Classify" ? "1" : started.Path["Classify:".Length..];
            started.Input.ToString().ShouldBe($$"""{"text":"{{number}}"}""");
        }
    }

    [Fact]
    public async Task ResumedRun_TakesTheJournaledResult_AndRunsNothingAgain()
    {
        var first = new RecordedRun();
        await first.RunAsync(() => Classify("an invoice"));

        var second = new RecordedRun(resumes: first);
        (await second.RunAsync(() => Classify("an invoice"))).ShouldBe("billing");

        _calls.ShouldBe(1);
        second.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task ResumedRun_WithOtherArguments_RunsAgain()
    {
        var first = new RecordedRun();
        await first.RunAsync(() => Classify("an invoice"));

        var second = new RecordedRun(resumes: first);
        (await second.RunAsync(() => Classify("a crash"))).ShouldBe("tech");

        _calls.ShouldBe(2);
        second.Story.ShouldBe(["started Classify", "completed Classify"]);
    }

    [Fact]
    public async Task ResumedRun_RunsAgainWhatHadFailed()
    {
        var first = new RecordedRun();
        await Should.ThrowAsync<InvalidOperationException>(() => first.RunAsync(() => Fail("flaky")));

        var second = new RecordedRun(resumes: first);
        await Should.ThrowAsync<InvalidOperationException>(() => second.RunAsync(() => Fail("flaky")));

        second.Story.ShouldBe(["started Fail", "failed Fail"]);
    }

    [Fact]
    public async Task Usage_OfTheStep_IsOnItsEvent_AndAddsUpInTheRun()
    {
        var run = new RecordedRun();
        await run.RunAsync(async () => await Spend(3) + await Spend(4));

        run.Events.OfType<StepCompleted>().Select(done => done.Usage.InputTokens).ShouldBe([3, 4]);
        run.Context.Usage.Total.InputTokens.ShouldBe(7);
    }

    [Fact]
    public async Task Span_CarriesStepUserSessionAndPattern_UnderTheActiveSpan()
    {
        using var spans = new RecordedSpans();
        var run = new RecordedRun();
        await run.RunAsync(() => Outer("x"));
        await Should.ThrowAsync<InvalidOperationException>(() => run.RunAsync(() => Fail("boom")));

        var outer = spans.Ended.Single(span => Equals(span.GetTagItem("step"), "Outer"));
        outer.OperationName.ShouldBe("loom.workflow.step");
        outer.GetTagItem("user_id").ShouldBe("ada");
        outer.GetTagItem("session_id").ShouldBe("sess_1");
        outer.GetTagItem("pattern").ShouldBe("workflow");
        outer.ParentSpanId.ShouldBe(spans.Root.SpanId);
        spans.Ended.Single(span => Equals(span.GetTagItem("step"), "respond-v2")).ParentSpanId.ShouldBe(outer.SpanId);
        spans.Ended.Single(span => Equals(span.GetTagItem("step"), "Fail")).Status.ShouldBe(ActivityStatusCode.Error);

        var completed = run.Events.Single(one => one is StepCompleted { Path: "Outer" });
        (completed.TraceId, completed.SpanId).ShouldBe((spans.Root.TraceId.ToHexString(), outer.SpanId.ToHexString()));
    }

    [Fact]
    public async Task Original_CallsTheMethodItself_EvenInARun()
    {
        var run = new RecordedRun();
        (await run.RunAsync(() => InlineStep.Original(() => Classify("an invoice")))).ShouldBe("billing");
        run.Events.ShouldBeEmpty();

        await run.RunAsync(() => InlineStep.Original(() => Outer("x")));
        run.Story[0].ShouldBe("started Nothing");
    }

    [Fact]
    public async Task ThroughADelegate_InlineStepDoesTheSame()
    {
        var run = new RecordedRun();
        await run.RunAsync(async () =>
        {
            await Task.WhenAll(new[] { "a", "b" }.Select(InlineStep.Of<string, string>(Classify)));
            await InlineStep.RunAsync("by-hand", "c", Classify);
            await InlineStep.RunAsync("no-input", () => Task.FromResult(1));
            await InlineStep.RunAsync("nothing", () => Task.CompletedTask);
        });

        run.Events.OfType<StepCompleted>().Select(done => done.Path).Order().ShouldBe(["Classify", "Classify:2", "by-hand", "no-input", "nothing"], ignoreOrder: true);
        (await InlineStep.RunAsync("outside", "an invoice", Classify)).ShouldBe("billing");
    }

    [Fact]
    public void StepOf_TakesTheNameFromTheAttribute()
    {
        Step.Of<string, string>(Classify).Name.ShouldBe("Classify");
        Step.Of((string text) => Respond(text, "x")).Name.ShouldBe("lambda");
        Step.Of<string, string>(Named).Name.ShouldBe("ml-classifier-v2");
        Step.Of<string, string>(Named, "mine").Name.ShouldBe("mine");

        [Step(Name = "ml-classifier-v2")]
        static Task<string> Named(string text) => Task.FromResult(text);
    }

    [Fact]
    public async Task Arguments_ThatAreNoData_AreShownByTheirType()
    {
        var run = new RecordedRun();
        await run.RunAsync(() => Use(new HttpClient(), () => 1, null, "text"));

        run.Events[0].ShouldBeOfType<StepStarted>().Input.ToString().ShouldBe("""{"client":"(HttpClient)","count":"(Func`1)","nothing":null,"text":"text"}""");
    }

    [Step]
    private static Task Use(HttpClient client, Func<int> count, object? nothing, string text) => Task.FromResult((client, count, nothing, text));

    [Fact]
    public async Task EventThatCannotBeAppended_StopsTheStep()
    {
        var context = new RecordedRun().Context with { Events = new RefusingWriter() };
        using (new StepScope(context).Enter()) await Should.ThrowAsync<IOException>(() => Classify("x"));
        _calls.ShouldBe(0);
    }

    private sealed class RefusingWriter : IRunEventWriter
    {
        public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default) => throw new IOException("the audit log is full");

        public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
