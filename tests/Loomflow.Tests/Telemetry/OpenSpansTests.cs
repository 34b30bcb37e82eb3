using System.Diagnostics;

namespace Loomflow.Tests.Telemetry;

/// <summary>Whatever becomes of a run, its spans end.</summary>
public sealed class OpenSpansTests : IDisposable
{
    private readonly ActivitySource _roots = new($"{nameof(OpenSpansTests)}-{Guid.NewGuid():n}");
    private readonly ActivityListener _listener;
    private readonly List<Activity> _open = [];
    private readonly List<Activity> _ended = [];
    private readonly Activity _root;

    public OpenSpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == LoomTelemetry.Name || source == _roots,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = span => Note(span, _open.Add),
            ActivityStopped = span => Note(span, ended =>
            {
                _open.Remove(ended);
                _ended.Add(ended);
            }),
        };
        ActivitySource.AddActivityListener(_listener);
        _root = _roots.StartActivity("test")!;
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StreamThatItsReaderLeaves_CancelsTheRunAndEndsItsSpans()
    {
        var workflow = Workflow.Chain("stream", Step.Of((string text) => Task.FromResult(text), "first"), Endless());

        await foreach (var update in workflow.StreamAsync("go", cancellationToken: Stop))
        {
            if (update.Event is StepStarted { Path: "endless" }) break;
        }

        ShouldBeEnded(("first", "completed"), ("endless", "cancelled"), ("stream", "cancelled"));
    }

    [Fact]
    public async Task RunThatWaits_EndsItsSpansAndLinksToThemWhenItGoesOn()
    {
        var workflow = Workflow.Chain<string>("asking").Then(Waits.Approval<string>("agree")).Then(Step.Of((Approval<string> asked) => Task.FromResult($"{asked}"), "last")).Build();
        var journal = new List<RunEvent>();
        var context = new RunContext { Run = new RunIdentity { RunId = "run_1", Name = "asking", SessionId = "sess_1" }, Events = new Writer(journal), Approvals = new RunHandle() };

        var first = new RunExecution(workflow, context, Payload.Of("go"), [], CancellationToken.None);
        (await first.DriveAsync()).Kind.ShouldBe(RunStopKind.Idle);
        ShouldBeEnded(("agree", "waiting"), ("asking", "waiting"));
        var started = _ended.Single(span => span.OperationName == LoomTelemetry.WorkflowRunSpan);

        var second = new RunExecution(workflow, context, Payload.Of("go"), [.. journal], CancellationToken.None);
        second.Decide(new ApprovalDecided { ApprovalId = first.Snapshot.OpenApprovals.Single().ApprovalId, Decision = new ApprovalDecision { Outcome = ApprovalOutcome.Approved } });
        (await second.DriveAsync()).Kind.ShouldBe(RunStopKind.Ended);
        ShouldBeEnded(("agree", "waiting"), ("asking", "waiting"), ("agree", "completed"), ("last", "completed"), ("asking", "completed"));
        _ended.Last(span => span.OperationName == LoomTelemetry.WorkflowRunSpan).Links.Single().Context.SpanId.ShouldBe(started.SpanId);
    }

    [Fact]
    public async Task RunThatIsLetGo_EndsItsSpansAsReleased()
    {
        using var release = new CancellationTokenSource();
        var workflow = Workflow.Chain("moved", Step.Of((string text) => Task.FromResult(text), "first"), Endless(release));
        var context = new RunContext { Run = new RunIdentity { RunId = "run_1", Name = "moved", SessionId = "sess_1" }, Events = new Writer([]) };

        (await new RunExecution(workflow, context, Payload.Of("go"), [], release.Token).DriveAsync()).Kind.ShouldBe(RunStopKind.Released);

        ShouldBeEnded(("first", "completed"), ("endless", "released"), ("moved", "released"));
    }

    [Fact]
    public async Task JournalThatIsLost_EndsTheSpansAndIsTheRunsError()
    {
        var workflow = Workflow.Chain("lost", Step.Of((string text) => Task.FromResult(text), "first"), Step.Of((string text) => Task.FromResult(text), "second"));
        var context = new RunContext { Run = new RunIdentity { RunId = "run_1", Name = "lost", SessionId = "sess_1" }, Events = new Writer([], most: 2) };

        await Should.ThrowAsync<IOException>(() => new RunExecution(workflow, context, Payload.Of("go"), [], CancellationToken.None).DriveAsync());

        _open.ShouldBe([_root]);
        var run = _ended.Single(span => span.OperationName == LoomTelemetry.WorkflowRunSpan);
        (run.Status, run.GetTagItem("error.type")).ShouldBe((ActivityStatusCode.Error, "System.IO.IOException"));
    }

    public void Dispose()
    {
        _root.Dispose();
        _listener.Dispose();
        _roots.Dispose();
    }

    private static Step<string, string> Endless(CancellationTokenSource? release = null) => Step.Of(async (string text, CancellationToken cancellationToken) =>
    {
        if (release is not null) await release.CancelAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        return text;
    }, "endless");

    private void ShouldBeEnded(params (string Name, string Outcome)[] expected)
    {
        _open.ShouldBe([_root]);
        _ended.Select(span => ($"{(span.OperationName == LoomTelemetry.WorkflowRunSpan ? span.GetTagItem("workflow") : span.GetTagItem("step"))}", $"{span.GetTagItem("outcome")}")).ShouldBe(expected);
    }

    private void Note(Activity span, Action<Activity> note)
    {
        // Other tests run beside these.
        if (span.Source != _roots && span.TraceId != _root?.TraceId) return;
        lock (_open) note(span);
    }

    private sealed class Writer(List<RunEvent> journal, int most = int.MaxValue) : IRunEventWriter
    {
        private long _sequence;

        public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
        {
            if (++_sequence > most) throw new IOException("The journal is gone.");
            if (runEvent.TraceId is null) runEvent.TracedBy(Activity.Current);
            journal.Add(runEvent.Stamp(new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1" }, _sequence, DateTimeOffset.UtcNow));
            return new ValueTask<RunEvent>(runEvent);
        }

        public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
