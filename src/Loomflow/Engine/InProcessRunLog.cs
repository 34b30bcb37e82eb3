using System.Diagnostics;
using Loomflow.Audit;

namespace Loomflow;

/// <summary>
/// The log of a run that lives and dies with its process: stamps events, has them audited, and shows them to whoever streams
/// the run. An audit log that refuses an entry stops the work that the entry announces.
/// </summary>
internal sealed class InProcessRunLog(RunIdentity run, TimeProvider time, IAuditLog? audit = null, RunStream? stream = null, bool auditFullContent = false) : IRunEventWriter
{
    // Only needed where the order of events must hold across audit log and stream; numbering alone takes no lock.
    private readonly SemaphoreSlim? _order = audit is null && stream is null ? null : new SemaphoreSlim(1);
    private long _sequence;

    public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
    {
        if (runEvent.TraceId is null) runEvent.TracedBy(Activity.Current);
        return _order is null
            ? new ValueTask<RunEvent>(runEvent.Stamp(run, Interlocked.Increment(ref _sequence), time.GetUtcNow()))
            : AppendInOrderAsync(runEvent, cancellationToken);
    }

    public bool KeepsEvents => _order is not null;

    public bool WantsDeltas => stream is not null;

    public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) =>
        stream is null ? ValueTask.CompletedTask : stream.WriteAsync(new RunUpdate(delta));

    /// <summary>Writes the terminal event of a run whose audit log refuses entries: whoever streams the run sees it end in any case.</summary>
    public async ValueTask AppendLastAsync(RunFailed terminal)
    {
        try
        {
            await AppendAsync(terminal).ConfigureAwait(false);
        }
        catch (Exception) when (stream is not null)
        {
            await stream.WriteAsync(new RunUpdate(terminal.Stamp(run, _sequence + 1, time.GetUtcNow()))).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody watches, and the log has already said why it refuses.
        }
    }

    private async ValueTask<RunEvent> AppendInOrderAsync(RunEvent runEvent, CancellationToken cancellationToken)
    {
        await _order!.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            runEvent.Stamp(run, _sequence + 1, time.GetUtcNow());
            if (audit is not null && AuditMapper.Map(runEvent, run, auditFullContent) is { } entry)
            {
                runEvent.Audited((await audit.AppendAsync(entry, cancellationToken).ConfigureAwait(false)).Sequence);
            }

            _sequence++;
            if (stream is not null) await stream.WriteAsync(new RunUpdate(runEvent)).ConfigureAwait(false);
            return runEvent;
        }
        finally
        {
            _order.Release();
        }
    }
}
