using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Loomflow.Audit.Client;

/// <summary>Entries as they travel.</summary>
internal static class EntryMessages
{
    public static V1.AuditEntry ToMessage(AuditEntry entry) => new()
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
