using Loomflow.Audit;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Sends the audit entries of all runs of this process, many in one append. One append is under way at a time; what nobody waits for lingers a
/// little before the next one, for company. Entries of one run stay in their order.
/// </summary>
/// <remarks>
/// An entry that the log refuses is found by halving, and holds up its own run alone. A log that is away holds up all of them. Nothing is lost:
/// what is not acknowledged stays here, and in the journal for the next owner.
/// </remarks>
public sealed class AuditOutbox : IDisposable
{
    /// <summary>The most events to append together.</summary>
    private const int MostAtOnce = 512;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    private readonly IAuditLog _log;
    private readonly TimeProvider _time;
    private readonly TimeSpan _linger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly Queue<OutgoingEvent> _waiting = [];
    private readonly Dictionary<AuditForwarder, Queue<OutgoingEvent>> _held = [];
    private readonly List<OutgoingEvent> _batch = [];
    private bool _sending;
    private bool _armed;
    private bool _urged;

    /// <param name="log">Where the entries go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="linger">How long entries that nobody waits for may wait for others; zero to send them at once.</param>
    public AuditOutbox(IAuditLog log, TimeProvider time, TimeSpan linger)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(linger, TimeSpan.Zero);
        (_log, _time, _linger, _stopped) = (log, time, linger, _stop.Token);
        _timer = time.CreateTimer(static outbox => ((AuditOutbox)outbox!).Lingered(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends nothing more.</summary>
    public void Dispose()
    {
        if (_stopped.IsCancellationRequested) return;
        _stop.Cancel();
        _timer.Dispose();
        _stop.Dispose();
    }

    /// <summary>Takes an event of a run, to send in its turn.</summary>
    internal void Add(AuditForwarder run, RunEvent runEvent)
    {
        AuditMetrics.Waiting(1);
        var outgoing = new OutgoingEvent(run, runEvent, _time.GetTimestamp());
        lock (_lock)
        {
            if (_held.TryGetValue(run, out var held))
            {
                held.Enqueue(outgoing);
                return;
            }

            _waiting.Enqueue(outgoing);
            SendOrLinger();
        }
    }

    /// <summary>Somebody waits: what is here goes at once, or right after what is under way.</summary>
    internal void Urge()
    {
        lock (_lock)
        {
            _urged = true;
            SendOrLinger();
        }
    }

    private bool MayLinger => !_urged && _linger > TimeSpan.Zero && _waiting.Count < MostAtOnce;

    private void SendOrLinger()
    {
        if (_sending || _waiting.Count == 0 || _stopped.IsCancellationRequested) return;
        if (!MayLinger)
        {
            _sending = true;
            ThreadPool.UnsafeQueueUserWorkItem(static outbox => _ = outbox.SendAsync(), this, preferLocal: false);
        }
        else if (!_armed)
        {
            _armed = true;
            _timer.Change(_linger, Timeout.InfiniteTimeSpan);
        }
    }

    private void Lingered()
    {
        lock (_lock)
        {
            _armed = false;
            if (_sending || _waiting.Count == 0) return;
            _sending = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        try
        {
            do
            {
                Take();
                for (var pause = s_firstPause; !await TryAppendAsync(); pause = Longer(pause)) await Task.Delay(pause, _time, _stopped);
            }
            while (GoesOn());
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The journals have it all, for whoever owns the runs next.
            foreach (var outgoing in _batch) outgoing.Leave();
        }
    }

    /// <summary>Whether there is something to send that is not to linger.</summary>
    private bool GoesOn()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0 && !MayLinger) return true;
            _sending = false;
            SendOrLinger();
            return false;
        }
    }

    private void Take()
    {
        lock (_lock)
        {
            _urged = false;
            _batch.Clear();
            while (_batch.Count < MostAtOnce && _waiting.TryDequeue(out var outgoing))
            {
                if (outgoing.Run.IsOpen) _batch.Add(outgoing);
                else outgoing.Leave();
            }
        }
    }

    /// <summary>Whether all of the batch is with the log now, or held until its run's turn comes again.</summary>
    private async Task<bool> TryAppendAsync()
    {
        try
        {
            await AppendAsync(0, _batch.Count);
            return true;
        }
        catch (Exception away) when (!_stopped.IsCancellationRequested)
        {
            foreach (var run in _batch.Where(outgoing => !outgoing.IsDone).Select(outgoing => outgoing.Run).Distinct()) run.Failed(away);
            return false;
        }
    }

    /// <summary>Appends a part of the batch, and in halves when the log refuses one of it.</summary>
    private async Task AppendAsync(int from, int to)
    {
        var part = _batch[from..to];
        foreach (var outgoing in part)
        {
            if (!outgoing.Run.IsOpen) outgoing.Leave();
        }

        part.RemoveAll(outgoing => outgoing.IsDone);
        if (part.Count == 0) return;
        IReadOnlyList<AuditReceipt> receipts;
        try
        {
            var entries = part.Select(outgoing => outgoing.Entry).OfType<AuditEntry>().ToList();
            receipts = entries.Count > 0 ? await _log.AppendAsync(entries, _stopped) : [];
        }
        catch (Exception refused) when (refused is not (AuditUnavailableException or OperationCanceledException))
        {
            if (part.Count == 1)
            {
                Refuse(part[0], refused);
                return;
            }

            var middle = from + ((to - from) / 2);
            await AppendAsync(from, middle);
            await AppendAsync(middle, to);
            return;
        }

        var next = 0;
        foreach (var outgoing in part) outgoing.Taken(outgoing.Entry is null ? null : receipts[next++], _time);
    }

    private void Refuse(OutgoingEvent outgoing, Exception refused)
    {
        var run = outgoing.Run;
        run.Failed(refused);
        if (refused is AuditConflictException)
        {
            // Trying again changes nothing: the log has something else under that id.
            run.GiveUp(refused);
            return;
        }

        lock (_lock)
        {
            var held = new Queue<OutgoingEvent>(_batch.Where(other => other.Run == run && !other.IsDone).Select(other => other.Again()).ToList());
            for (var left = _waiting.Count; left > 0; left--)
            {
                var other = _waiting.Dequeue();
                (other.Run == run ? held : _waiting).Enqueue(other);
            }

            _held[run] = held;
        }

        run.Pause = run.Pause == TimeSpan.Zero ? s_firstPause : Longer(run.Pause);
        _ = LetGoAsync(run);
    }

    /// <summary>Has a run that was held up take its turn again.</summary>
    private async Task LetGoAsync(AuditForwarder run)
    {
        await Task.Delay(run.Pause, _time, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _held.Remove(run, out var held);
            foreach (var outgoing in held!) _waiting.Enqueue(outgoing);
            SendOrLinger();
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
}
