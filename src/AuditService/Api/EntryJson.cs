using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>A record as JSON.</summary>
internal sealed record EntryJson
{
    public required long Sequence { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Action { get; init; }

    public required string Actor { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public string? RunId { get; init; }

    public string? RootRunId { get; init; }

    public string? ParentRunId { get; init; }

    public string? Subject { get; init; }

    public string? Node { get; init; }

    public int Visit { get; init; }

    public int Attempt { get; init; }

    public string? TraceId { get; init; }

    public string? SpanId { get; init; }

    public JsonNode? Payload { get; init; }

    public bool PayloadErased { get; init; }

    public required string EventId { get; init; }

    public required string KeyId { get; init; }

    public required Digest LeafHash { get; init; }

    public required Digest PreviousHash { get; init; }

    public required Digest Mac { get; init; }

    public static EntryJson From(AuditRecord record)
    {
        var entry = record.Entry;
        return new EntryJson
        {
            Sequence = record.Sequence,
            RecordedAt = record.RecordedAt,
            Time = entry.Time,
            Action = entry.Action,
            Actor = entry.Actor,
            UserId = entry.Partition.UserId,
            SessionId = entry.SessionId,
            RunId = entry.RunId,
            RootRunId = entry.RootRunId,
            ParentRunId = entry.ParentRunId,
            Subject = entry.Subject,
            Node = entry.Node,
            Visit = entry.Visit,
            Attempt = entry.Attempt,
            TraceId = entry.TraceId,
            SpanId = entry.SpanId,
            Payload = ReadPayload(entry.Payload.Span),
            PayloadErased = record.IsPayloadErased,
            EventId = entry.EventId,
            KeyId = record.KeyId,
            LeafHash = record.LeafHash,
            PreviousHash = record.PreviousHash,
            Mac = record.Mac,
        };
    }

    // Payloads are JSON by contract; one that is not is shown as text.
    private static JsonNode? ReadPayload(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return null;
        try
        {
            return JsonNode.Parse(payload);
        }
        catch (JsonException)
        {
            return JsonValue.Create(Encoding.UTF8.GetString(payload));
        }
    }
}
