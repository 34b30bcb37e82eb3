using System.Diagnostics;
using Loomflow.Audit;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Hands a run's events to the audit log, in the journal's order, and keeps trying while the log is away. The log tells repetitions by event id,
/// so forwarding again after a crash doubles nothing.
/// </summary>
public sealed class AuditForwarder : IDisposable
{
    private readonly Dictionary<long, Activity> _spans = [];
    private readonly List<(long Sequence, TaskCompletionSource Reached)> _waiters = [];
    private readonly Lock _lock = new();
    private readonly AuditOutbox _outbox;
    private readonly RunIdentity _run;
    private readonly Action<Exception>? _failed;
    private readonly bool _fullContent;
    private long _forwarded;
    private long _last;
    private bool _away;
    private volatile bool _closed;
    private Exception? _refused;

    /// <param name="outbox">What sends the entries of all runs.</param>
    /// <param name="run">The run.</param>
    /// <param name="audited">The last event that the audit log is known to have.</param>
    /// <param name="failed">Told whenever the log does not take the run's entries.</param>
    /// <param name="fullContent">Whether payloads go in whole.</param>
    public AuditForwarder(AuditOutbox outbox, RunIdentity run, long audited, Action<Exception>? failed = null, bool fullContent = false)
    {
        (_outbox, _run, _forwarded, _last, _failed, _fullContent) = (outbox, run, audited, audited, failed, fullContent);
    }

    /// <summary>The last event that the audit log has, or that needs no entry.</summary>
    public long Forwarded
    {
        get { lock (_lock) return _forwarded; }
    }

    /// <summary>Whether the run's events are still to be sent from here.</summary>
    internal bool IsOpen => !_closed;

    /// <summary>How long the run was last held up because one of its entries was refused.</summary>
    internal TimeSpan Pause { get; set; }

    /// <summary>Takes a journaled event. Events come in the journal's order; those that were forwarded before are left out.</summary>
    public void Forward(RunEvent runEvent)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        lock (_lock)
        {
            if (_closed || runEvent.Sequence <= _last) return;
            _last = runEvent.Sequence;
        }

        _outbox.Add(this, runEvent);
    }

    /// <summary>
    /// Ends a span with the time of now, as soon as it can say which entry of the audit log is about it. It does not wait for that while the log
    /// is away, and nobody waits for it.
    /// </summary>
    public void EndSpan(Activity span, RunEvent last)
    {
        ArgumentNullException.ThrowIfNull(span);
        ArgumentNullException.ThrowIfNull(last);
        span.SetEndTime(DateTime.UtcNow);
        lock (_lock)
        {
            // Not handed over yet is the usual case: what ended is flushed with what comes next.
            if (!_away && !_closed && last.Sequence > _forwarded && _spans.TryAdd(last.Sequence, span)) return;
        }

        span.Audited(last);
        span.End();
    }

    /// <summary>Waits until the audit log has everything up to a sequence number; entries are sent at once for it.</summary>
    /// <exception cref="AuditConflictException">The log has something else under the id of one of the run's events.</exception>
    public Task WaitForAsync(long sequence, CancellationToken cancellationToken)
    {
        var reached = ReachedAsync(sequence, cancellationToken);
        if (!reached.IsCompleted) _outbox.Urge();
        return reached;
    }

    /// <summary>Waits until the audit log has everything that was handed over.</summary>
    /// <param name="urgent">Whether entries are to be sent at once for it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="AuditConflictException">The log has something else under the id of one of the run's events.</exception>
    public Task WaitForAllAsync(bool urgent, CancellationToken cancellationToken)
    {
        long last;
        lock (_lock) last = _last;
        return urgent ? WaitForAsync(last, cancellationToken) : ReachedAsync(last, cancellationToken);
    }

    /// <summary>Sends nothing more of this run; the next owner does.</summary>
    public void Dispose()
    {
        _closed = true;
        LetSpansGo();
    }

    internal AuditEntry? Map(RunEvent runEvent) => AuditMapper.Map(runEvent, _run, _fullContent);

    /// <summary>The log has an event's entry.</summary>
    internal void Taken(RunEvent runEvent)
    {
        Activity? span;
        lock (_lock)
        {
            _away = false;
            _forwarded = runEvent.Sequence;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Sequence > _forwarded) continue;
                _waiters[i].Reached.TrySetResult();
                _waiters.RemoveAt(i);
            }

            _spans.Remove(runEvent.Sequence, out span);
        }

        Pause = TimeSpan.Zero;
        span.Audited(runEvent);
        span?.End();
    }

    /// <summary>The log did not take what this run has sent.</summary>
    internal void Failed(Exception failure)
    {
        _failed?.Invoke(failure);
        LetSpansGo();
    }

    /// <summary>The log will never take what comes next.</summary>
    internal void GiveUp(Exception refused)
    {
        _closed = true;
        lock (_lock)
        {
            _refused = refused;
            foreach (var (_, reached) in _waiters) reached.TrySetException(refused);
            _waiters.Clear();
        }
    }

    private Task ReachedAsync(long sequence, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_forwarded >= sequence) return Task.CompletedTask;
            if (_refused is { } refused) return Task.FromException(refused);
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((sequence, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    private void LetSpansGo()
    {
        Activity[] spans;
        lock (_lock)
        {
            _away = true;
            if (_spans.Count == 0) return;
            spans = [.. _spans.Values];
            _spans.Clear();
        }

        foreach (var span in spans) span.End();
    }
}
