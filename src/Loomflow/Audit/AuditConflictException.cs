namespace Loomflow.Audit;

/// <summary>The event id is in the log with other content. Sending the entry again cannot help: one event has one content.</summary>
public sealed class AuditConflictException(string eventId, long sequence)
    : AuditException($"Event '{eventId}' is already in the audit log as entry {sequence}, with other content: give a new event its own id.")
{
    /// <summary>The event id.</summary>
    public string EventId { get; } = eventId;

    /// <summary>Where the log holds the event.</summary>
    public long Sequence { get; } = sequence;
}
