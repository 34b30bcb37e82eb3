using System.Diagnostics;

namespace Loomflow;

/// <summary>
/// One host's work on one run: goes on from a journal, drives the run until it ends, idles or is let go, and takes in what comes from
/// outside. The same pure core as an in-process run, with the host's journal, clock and workers underneath.
/// </summary>
public sealed class RunExecution
{
    private readonly IWorkflow _workflow;
    private readonly RunContext _context;
    private readonly RunState _state;
    private readonly RunDriver _driver;
    private readonly Payload _input;
    private readonly RunEvent? _firstStart;

    /// <summary>Prepares to go on from a journal; an empty one means the run has yet to start.</summary>
    /// <param name="workflow">The definition that the run is pinned to.</param>
    /// <param name="context">The run's context, with the host's log, workers and approvals.</param>
    /// <param name="input">The run's input.</param>
    /// <param name="journal">Every event so far, in order.</param>
    /// <param name="cancellationToken">Lets go of the run without ending it; see <see cref="Cancel"/> for that.</param>
    public RunExecution(IWorkflow workflow, RunContext context, Payload input, IReadOnlyList<RunEvent> journal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(journal);
        _workflow = workflow;
        _input = input;
        _context = context with { History = new JournalHistory(journal) };
        _state = new RunState(workflow.Graph);
        _firstStart = journal.Count > 0 ? journal[0] : null;
        foreach (var runEvent in journal) _state.Apply(runEvent);
        _state.LookAtEverything();
        _driver = new RunDriver(_state, _context, CancellationToken.None) { SuspendsWhenIdle = true, Released = cancellationToken };
    }

    /// <summary>Where the run stands. Read it only while <see cref="DriveAsync"/> is not running.</summary>
    public RunSnapshot Snapshot => new(_context.Run, _workflow.DefinitionHash, _state);

    /// <summary>The trace that the run belongs to, where it began in another process or another time.</summary>
    public ActivityContext Parent { get; init; }

    /// <summary>Drives the run. A failure to write an event stops all work and is thrown.</summary>
    /// <param name="timeout">How much longer the run may take.</param>
    public async Task<RunStop> DriveAsync(TimeSpan? timeout = null)
    {
        using var scope = new StepScope(_context).Enter();
        var outer = Activity.Current;
        var span = WorkflowSpan.Start(_context, _workflow, _input, parent: Parent, first: FirstSpan());
        try
        {
            var stop = await StartAndDriveAsync(span, timeout).ConfigureAwait(false);
            if (stop.Kind == RunStopKind.Ended) span.Conclude(_state.Status, _state.Output, _state.Failure);
            else span.Conclude(stop.Kind == RunStopKind.Idle ? "waiting" : "released");
            return stop;
        }
        catch (Exception failure)
        {
            span.Conclude("released", Failure.From(failure));
            throw;
        }
        finally
        {
            if (span is not null && _driver.Last is { } last) _context.Events.EndSpan(span, last);
            else span?.Stop();
            Activity.Current = outer;
        }
    }

    private async Task<RunStop> StartAndDriveAsync(Activity? span, TimeSpan? timeout)
    {
        if (_state.Root is null)
        {
            var started = new RunStarted { Kind = RunKind.Workflow, Name = _workflow.Name, Input = _input, Definition = _workflow.DefinitionHash };
            _state.Apply(await _context.Events.StageAsync(started.TracedBy(span)).ConfigureAwait(false));
        }

        return await _driver.DriveAsync(timeout).ConfigureAwait(false);
    }

    /// <summary>Whether something came in from outside that <see cref="DriveAsync"/> had not taken in when it returned.</summary>
    public bool HasUnread => _driver.HasUnread;

    /// <summary>Takes in a signal.</summary>
    public void Signal(SignalReceived signal) => _driver.Post(new Arrival(ArrivalKind.Signalled) { Value = signal });

    /// <summary>Takes in the answer to a question that a node of the graph has asked.</summary>
    public void Decide(ApprovalDecided decided) => _driver.Post(new Arrival(ArrivalKind.Decided) { Value = decided });

    /// <summary>Asks the run to stop.</summary>
    public void Cancel(string reason) => _driver.Post(new Arrival(ArrivalKind.CancelRequested) { Value = reason });

    /// <summary>Has the run stop as failed, for what whoever drives it finds wrong with it.</summary>
    public void Fail(Failure failure) => _driver.Post(new Arrival(ArrivalKind.CancelRequested) { Value = failure });

    private ActivityContext? FirstSpan() =>
        _firstStart is { TraceId: { } trace, SpanId: { } span }
            ? new ActivityContext(ActivityTraceId.CreateFromString(trace), ActivitySpanId.CreateFromString(span), ActivityTraceFlags.Recorded)
            : null;
}
