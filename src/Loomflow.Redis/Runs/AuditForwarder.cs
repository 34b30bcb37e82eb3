using System.Threading.Channels;
using Loomflow.Audit;

namespace Loomflow.Redis.Runs;

/// <summary>
/// Hands a run's events to the audit log, in the journal's order and one after the other, and keeps trying while the log is
/// away. The log tells repetitions by event id, so forwarding again after a crash doubles nothing.
/// </summary>
public sealed class AuditForwarder : IAsyncDisposable
{
    private readonly Channel<RunEvent> _events = Channel.CreateUnbounded<RunEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly IAuditLog _log;
    private readonly RunIdentity _run;
    private readonly TimeProvider _time;
    private readonly Action<Exception>? _failed;
    private readonly Task _work;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _forwarded;
    private long _last;

    public AuditForwarder(IAuditLog log, RunIdentity run, long audited, TimeProvider time, Action<Exception>? failed = null)
    {
        (_log, _run, _forwarded, _last, _time, _failed) = (log, run, audited, audited, time, failed);
        _work = ForwardAsync();
    }

    /// <summary>The last event that the audit log has, or that needs no entry.</summary>
    public long Forwarded
    {
        get { lock (_lock) return _forwarded; }
    }

    /// <summary>Whether the audit log must have an event before what it announces begins: tool calls, and questions and answers.</summary>
    public static bool IsStrict(RunEvent runEvent) => runEvent is ToolCalled or ToolCallEdited or ApprovalRequested or ApprovalDecided;

    /// <summary>Takes a journaled event. Events come in the journal's order; those that were forwarded before are left out.</summary>
    public void Forward(RunEvent runEvent)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        lock (_lock)
        {
            if (runEvent.Sequence <= _last) return;
            _last = runEvent.Sequence;
        }

        _events.Writer.TryWrite(runEvent);
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
        _stop.Dispose();
    }

    private async Task ForwardAsync()
    {
        await foreach (var runEvent in _events.Reader.ReadAllAsync(_stop.Token))
        {
            if (AuditMapper.Map(runEvent, _run) is { } entry) await AppendUntilTakenAsync(entry);
            lock (_lock)
            {
                _forwarded = runEvent.Sequence;
                _progress.TrySetResult();
                _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private async Task AppendUntilTakenAsync(AuditEntry entry)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * 2, 5)))
        {
            try
            {
                await _log.AppendAsync(entry, _stop.Token);
                return;
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or AuditConflictException))
            {
                _failed?.Invoke(failure);
                await Task.Delay(pause, _time, _stop.Token);
            }
        }
    }
}
