using System.Diagnostics;
using System.Threading.Channels;
using Loomflow.Audit;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Hands a run's events to the audit log, in the journal's order and one after the other, and keeps trying while the log is
/// away. The log tells repetitions by event id, so forwarding again after a crash doubles nothing.
/// </summary>
public sealed class AuditForwarder : IAsyncDisposable
{
    /// <summary>The most entries to append together.</summary>
    private const int MostAtOnce = 100;

    private readonly Dictionary<long, Activity> _spans = [];
    private readonly Channel<(RunEvent Event, long Since)> _events = Channel.CreateUnbounded<(RunEvent, long)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly IAuditLog _log;
    private readonly RunIdentity _run;
    private readonly TimeProvider _time;
    private readonly Action<Exception>? _failed;
    private readonly bool _fullContent;
    private readonly Task _work;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _forwarded;
    private long _last;
    private bool _away;

    public AuditForwarder(IAuditLog log, RunIdentity run, long audited, TimeProvider time, Action<Exception>? failed = null, bool fullContent = false)
    {
        (_log, _run, _forwarded, _last, _time, _failed, _fullContent) = (log, run, audited, audited, time, failed, fullContent);
        _work = ForwardAsync();
    }

    /// <summary>The last event that the audit log has, or that needs no entry.</summary>
    public long Forwarded
    {
        get { lock (_lock) return _forwarded; }
    }

    /// <summary>Takes a journaled event. Events come in the journal's order; those that were forwarded before are left out.</summary>
    public void Forward(RunEvent runEvent)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        lock (_lock)
        {
            if (runEvent.Sequence <= _last) return;
            _last = runEvent.Sequence;
        }

        AuditMetrics.Waiting(1);
        _events.Writer.TryWrite((runEvent, _time.GetTimestamp()));
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
            if (!_away && !_stop.IsCancellationRequested && last.Sequence > _forwarded && _spans.TryAdd(last.Sequence, span)) return;
        }

        span.Audited(last);
        span.End();
    }

    /// <summary>Waits until the audit log has everything up to a sequence number.</summary>
    public async Task WaitForAsync(long sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_lock)
            {
                if (_forwarded >= sequence) return;
                progress = _progress.Task;
            }

            await progress.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits until the audit log has everything that was handed over.</summary>
    public Task WaitForAllAsync(CancellationToken cancellationToken)
    {
        long last;
        lock (_lock) last = _last;
        return WaitForAsync(last, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LetSpansGo();
        while (_events.Reader.TryRead(out _)) AuditMetrics.Waiting(-1);
        _stop.Dispose();
    }

    private async Task ForwardAsync()
    {
        var events = new List<(RunEvent Event, long Since)>();
        var entries = new List<(RunEvent Event, AuditEntry Entry, long Since)>();
        while (await _events.Reader.WaitToReadAsync(_stop.Token))
        {
            events.Clear();
            entries.Clear();
            while (events.Count < MostAtOnce && _events.Reader.TryRead(out var one)) events.Add(one);
            foreach (var (runEvent, since) in events)
            {
                if (AuditMapper.Map(runEvent, _run, _fullContent) is { } entry) entries.Add((runEvent, entry, since));
            }

            try
            {
                if (entries.Count > 0) await AppendUntilTakenAsync(entries);
            }
            finally
            {
                AuditMetrics.Waiting(-events.Count);
            }

            lock (_lock)
            {
                _away = false;
                _forwarded = events[^1].Event.Sequence;
                _progress.TrySetResult();
                _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            foreach (var (runEvent, _) in events) EndSpanOf(runEvent);
        }
    }

    private async Task AppendUntilTakenAsync(List<(RunEvent Event, AuditEntry Entry, long Since)> entries)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * 2, 5)))
        {
            try
            {
                var receipts = await _log.AppendAsync(entries.ConvertAll(one => one.Entry), _stop.Token);
                for (var i = 0; i < receipts.Count; i++)
                {
                    entries[i].Event.Audited(receipts[i].Sequence);
                    AuditMetrics.Appended(_time.GetElapsedTime(entries[i].Since));
                }

                return;
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or AuditConflictException))
            {
                _failed?.Invoke(failure);
                LetSpansGo();
                await Task.Delay(pause, _time, _stop.Token);
            }
        }
    }

    private void EndSpanOf(RunEvent runEvent)
    {
        Activity? span;
        lock (_lock) _spans.Remove(runEvent.Sequence, out span);
        span.Audited(runEvent);
        span?.End();
    }

    private void LetSpansGo()
    {
        Activity[] spans;
        lock (_lock)
        {
            _away = true;
            spans = [.. _spans.Values];
            _spans.Clear();
        }

        foreach (var span in spans) span.End();
    }
}
