using Loomflow.Audit;

namespace Loomflow.Redis.Runs;

/// <summary>A journaled event on its way to the audit log.</summary>
internal sealed class OutgoingEvent(AuditForwarder run, RunEvent runEvent, long since)
{
    private (bool IsMapped, AuditEntry? Entry) _mapped;

    public AuditForwarder Run => run;

    /// <summary>Its entry, or <see langword="null"/> when it needs none; it waits for its turn all the same.</summary>
    public AuditEntry? Entry
    {
        get
        {
            if (!_mapped.IsMapped) _mapped = (true, run.Map(runEvent));
            return _mapped.Entry;
        }
    }

    /// <summary>Whether nothing is left to do for it.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The log has its entry, or it needs none.</summary>
    public void Taken(AuditReceipt? receipt, TimeProvider time)
    {
        Leave();
        if (receipt is { } acknowledged)
        {
            runEvent.Audited(acknowledged.Sequence);
            AuditMetrics.Appended(time.GetElapsedTime(since));
        }

        run.Taken(runEvent);
    }

    /// <summary>Its place is in a later batch.</summary>
    public OutgoingEvent Again()
    {
        IsDone = true;
        return new OutgoingEvent(run, runEvent, since) { _mapped = _mapped };
    }

    /// <summary>It is not for this process to send any more.</summary>
    public void Leave()
    {
        if (IsDone) return;
        IsDone = true;
        AuditMetrics.Waiting(-1);
    }
}
