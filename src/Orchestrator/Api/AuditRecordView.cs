using System.ComponentModel;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>A record of the audit log as the API shows it.</summary>
internal sealed record AuditRecordView
{
    [Description("Its place in the log.")]
    public required long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    [Description("What happened, for example 'tool_called'.")]
    public required string Action { get; init; }

    [Description("Who did it: user, agent, workflow, system.")]
    public required string Actor { get; init; }

    public required string RunId { get; init; }

    public string? ParentRunId { get; init; }

    public string? SessionId { get; init; }

    [Description("What it was done to: a tool, a workflow, a question.")]
    public string? Subject { get; init; }

    public string? Node { get; init; }

    public int Visit { get; init; }

    public int Attempt { get; init; }

    public string? TraceId { get; init; }

    public string? SpanId { get; init; }

    [Description("What was recorded with it.")]
    public Payload Payload { get; init; }

    [Description("Whether its content was erased; that there was some stays provable.")]
    public bool PayloadErased { get; init; }

    public required string EventId { get; init; }

    [Description("The leaf of the log's Merkle tree, in hexadecimal: what an inclusion proof is about.")]
    public required string LeafHash { get; init; }

    public static AuditRecordView Of(AuditRecord record)
    {
        var entry = record.Entry;
        return new AuditRecordView
        {
            Sequence = record.Sequence,
            Time = entry.Time.ToDateTimeOffset(),
            Action = entry.Action,
            Actor = entry.Actor,
            RunId = entry.RunId,
            ParentRunId = RunMessages.NullIfEmpty(entry.ParentRunId),
            SessionId = RunMessages.NullIfEmpty(entry.SessionId),
            Subject = RunMessages.NullIfEmpty(entry.Subject),
            Node = RunMessages.NullIfEmpty(entry.Node),
            Visit = entry.Visit,
            Attempt = entry.Attempt,
            TraceId = RunMessages.NullIfEmpty(entry.TraceId),
            SpanId = RunMessages.NullIfEmpty(entry.SpanId),
            Payload = entry.Payload.IsEmpty ? Payload.Null : Payload.FromJson(entry.Payload.ToByteArray()),
            PayloadErased = record.PayloadErased,
            EventId = entry.EventId,
            LeafHash = Convert.ToHexStringLower(record.LeafHash.Span),
        };
    }
}
