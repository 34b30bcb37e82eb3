using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Loomflow.V1;

/// <summary>Audit entries as the wire has them.</summary>
public static class AuditEntries
{
    /// <summary>Writes an entry; the payload's bytes are not copied.</summary>
    public static AuditEntry Write(Audit.AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new AuditEntry
        {
            EventId = entry.EventId,
            Time = entry.Time.ToTimestamp(),
            Action = entry.Action,
            Actor = entry.Actor,
            Partition = entry.Partition.Encode(),
            SessionId = entry.SessionId ?? "",
            RunId = entry.RunId ?? "",
            RootRunId = entry.RootRunId ?? "",
            ParentRunId = entry.ParentRunId ?? "",
            Subject = entry.Subject ?? "",
            Node = entry.Node ?? "",
            Visit = entry.Visit,
            Attempt = entry.Attempt,
            TraceId = entry.TraceId ?? "",
            SpanId = entry.SpanId ?? "",
            Payload = UnsafeByteOperations.UnsafeWrap(entry.Payload),
        };
    }
}
