using System.Diagnostics;
using Loomflow.Audit;
using Loomflow.Redis.Queue;
using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// The log of a run that an orchestrator owns: numbers events, appends them to the journal in batches under the owner's epoch, and
/// has them audited in the journal's order. The journal is the outbox: what it holds and the audit log does not yet, the next owner forwards.
/// </summary>
public sealed class RedisRunLog : IRunEventWriter
{
    /// <summary>How long something waits for the audit log before the run says so.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    private readonly RedisRunStore _store;
    private readonly RunIdentity _run;
    private readonly long _epoch;
    private readonly TimeProvider _time;
    private readonly AuditForwarder _audit;
    private readonly Action<TextDelta>? _delta;
    private readonly IJournalGuard? _guard;
    private readonly CancellationToken _released;
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly Lock _lock = new();
    private List<JournalEntry> _staged = [];
    private List<(string, RedisValue)> _fields = [];
    private long _sequence;
    private RunEvent? _terminal;
    private readonly WaitingReasons _waiting = new();

    public RedisRunLog(RedisRunStore store, RunIdentity run, long epoch, long sequence, AuditForwarder audit, TimeProvider time, Action<TextDelta>? delta = null, IJournalGuard? guard = null, CancellationToken released = default)
    {
        (_store, _run, _epoch, _sequence, _audit, _time, _delta, _guard, _released) = (store, run, epoch, sequence, audit, time, delta, guard, released);
    }

    /// <summary>What the run waits for.</summary>
    public AuditPolicy Policy { get; init; }

    /// <summary>What makes certain that the run is still this owner's, before a step begins; <see langword="null"/> where nobody else can own it.</summary>
    public RunLease? Lease { get; init; }

    /// <summary>Whether the run may have started others. It is known when its terminal event is written.</summary>
    public bool HasChildren { get; private set; } = true;

    public async ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
    {
        runEvent = await StageAsync(runEvent);
        await FlushAsync();
        await WaitForAuditAsync(runEvent, cancellationToken);
        return runEvent;
    }

    public ValueTask<RunEvent> StageAsync(RunEvent runEvent)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        if (runEvent.TraceId is null) runEvent.TracedBy(Activity.Current);
        var given = runEvent;
        runEvent = _guard?.Admit(given) ?? given;
        lock (_lock)
        {
            runEvent.Stamp(_run, _sequence + 1, _time.GetUtcNow());
            var entry = _guard?.Write(runEvent) ?? JournalEntry.Of(runEvent);
            runEvent = entry.Event.Stamp(_run, ++_sequence, runEvent.Time);
            if (!ReferenceEquals(runEvent, given)) given.Stamp(_run, _sequence, runEvent.Time);
            _staged.Add(entry);
            NoteWaiting(runEvent);
            if (runEvent.IsTerminal) NoteEnd(runEvent);
        }

        return new ValueTask<RunEvent>(runEvent);
    }

    /// <summary>What the terminal event that was written here makes of the run's record.</summary>
    public RunRecord Conclude(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var terminal = _terminal ?? throw new InvalidOperationException($"Run {_run.RunId} has not ended here.");
        var (status, output, failure, reason) = OutcomeOf(terminal);
        return run with { Status = status, Output = output, Failure = failure, Reason = reason, Sequence = terminal.Sequence, UpdatedAt = terminal.Time };
    }

    /// <summary>Notes in the record how far the audit log has got.</summary>
    public Task NoteAuditedAsync() => _store.AppendAsync(_run.RunId, _epoch, [], ("audited", _audit.Forwarded));

    public async ValueTask FlushAsync()
    {
        await _flushing.WaitAsync();
        try
        {
            List<JournalEntry> entries;
            List<(string, RedisValue)> fields;
            lock (_lock)
            {
                if (_staged.Count == 0 && _fields.Count == 0) return;
                (entries, _staged) = (_staged, []);
                (fields, _fields) = (_fields, []);
            }

            fields.Add(("audited", _audit.Forwarded));
            fields.Add(("updated", _time.GetUtcNow().ToUnixTimeMilliseconds()));
            var startedOthers = await AppendUntilTakenAsync(entries, [.. fields]);
            if (entries.Any(entry => entry.Event.IsTerminal)) HasChildren = startedOthers;
            foreach (var entry in entries) _audit.Forward(entry.Event);
        }
        finally
        {
            _flushing.Release();
        }
    }

    public ValueTask WaitForAuditAsync(RunEvent runEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        // Tool calls, and questions and answers.
        var isDecision = runEvent is ToolCalled or ToolCallEdited or ApprovalRequested or ApprovalDecided;
        return isDecision && Policy != AuditPolicy.Buffered ? AuditedAsync(_audit.WaitForAsync(runEvent.Sequence, cancellationToken), runEvent.Path) : ValueTask.CompletedTask;
    }

    public ValueTask WaitToBeginAsync(string path, CancellationToken cancellationToken)
    {
        if (Lease is { IsCertain: false } lease) return AfterLeaseAsync(lease, path, cancellationToken);
        return Policy == AuditPolicy.Strict ? AuditedAsync(_audit.WaitForAllAsync(urgent: true, cancellationToken), path) : ValueTask.CompletedTask;
    }

    public async ValueTask NoteGoesOnAsync(string path)
    {
        lock (_lock)
        {
            if (!_waiting.GoesOn(path)) return;
            _fields.Add(("reason", _waiting.Current));
        }

        await FlushAsync();
    }

    public void EndSpan(Activity span, RunEvent last) => _audit.EndSpan(span, last);

    public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default)
    {
        _delta?.Invoke(delta);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// A Redis that is away for a while delays the run; it does not fail its steps. It ends when Redis answers, which may be that another
    /// owner has taken over, or when the host lets go of the run.
    /// </summary>
    private async Task<bool> AppendUntilTakenAsync(List<JournalEntry> entries, (string, RedisValue)[] fields)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * 2, 1)))
        {
            try
            {
                return await _store.AppendAsync(_run.RunId, _epoch, entries, fields);
            }
            catch (Exception away) when (RedisAway.Is(away))
            {
                await Task.Delay(pause, _time, _released);
            }
        }
    }

    private async ValueTask AfterLeaseAsync(RunLease lease, string path, CancellationToken cancellationToken)
    {
        await lease.EnsureAsync(cancellationToken);
        await WaitToBeginAsync(path, cancellationToken);
    }

    /// <summary>Waits for the audit log. When that takes long the run says so: a log that is away must not look like a step that hangs.</summary>
    private async ValueTask AuditedAsync(Task audited, string path)
    {
        if (audited.IsCompletedSuccessfully) return;
        try
        {
            await audited.WaitAsync(s_silence, _time);
            return;
        }
        catch (TimeoutException)
        {
            await NoteWaitingAsync(path, $"'{path}' waits for the audit log.");
        }

        await audited;
        await NoteGoesOnAsync(path);
    }

    private ValueTask NoteWaitingAsync(string path, string reason)
    {
        lock (_lock)
        {
            _waiting.Set(path, reason);
            _fields.Add(("reason", _waiting.Current));
        }

        return FlushAsync();
    }

    /// <summary>Why a step waits for a worker goes into the record, for whoever looks at the run, and out of it when the step goes on.</summary>
    private void NoteWaiting(RunEvent runEvent)
    {
        if (runEvent is StepWaiting waiting) _waiting.Set(waiting.Path, $"'{waiting.Path}' waits: {waiting.Reason}");
        else if (!_waiting.Any || !_waiting.GoesOn(runEvent.Path)) return;
        _fields.Add(("reason", _waiting.Current));
    }

    /// <summary>How the run ended goes into the record in the same write as its terminal event.</summary>
    private void NoteEnd(RunEvent terminal)
    {
        _terminal = terminal;
        var (status, output, failure, reason) = OutcomeOf(terminal);
        _fields.Add(("ended", RedisRunStore.NameOf(status)));
        _fields.Add(("status", RedisRunStore.NameOf(status)));
        _fields.Add(("reason", reason ?? ""));
        if (!output.IsNull) _fields.Add(("output", output.ToJson()));
        if (failure is not null) _fields.Add(("failure", RedisRunStore.Json(failure)));
    }

    private static (RunStatus Status, Payload Output, Failure? Failure, string? Reason) OutcomeOf(RunEvent terminal) => terminal switch
    {
        RunCompleted completed => (RunStatus.Completed, completed.Output, null, null),
        RunFailed failed => (failed.Failure.Kind == FailureKind.Capped ? RunStatus.Capped : RunStatus.Failed, Payload.Null, failed.Failure, null),
        _ => (RunStatus.Cancelled, Payload.Null, null, terminal is RunCancelled { Reason: { Length: > 0 } reason } ? reason : null),
    };
}
