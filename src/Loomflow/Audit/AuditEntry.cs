namespace Loomflow.Audit;

/// <summary>
/// One decision or effect, as its producer states it. Everything here is covered by the signature, the user included;
/// the content of <see cref="Payload"/> through a salted commitment, so that it can be erased later.
/// </summary>
/// <remarks>Each text field is at most <see cref="AuditFormat.MaxFieldBytes"/> bytes of UTF-8; <see langword="null"/> and empty mean the same.</remarks>
public sealed record AuditEntry
{
    /// <summary>
    /// The idempotency id. Appending the same content twice under one id gives the first sequence number again; different
    /// content is an <see cref="AuditConflictException"/>. A run's entries use <c>{runId}/{sequence in the run's journal}</c>.
    /// </summary>
    public required string EventId { get; init; }

    /// <summary>When it happened, by the producer's clock. The log adds its own time beside it and rewrites neither.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What happened: one of <see cref="AuditAction"/>, or the caller's own word.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it: one of <see cref="AuditActor"/>, or the caller's own word.</summary>
    public required string Actor { get; init; }

    /// <summary>For which user.</summary>
    public PartitionKey Partition { get; init; }

    /// <summary>The session that the run belongs to.</summary>
    public string? SessionId { get; init; }

    /// <summary>The run that it happened in.</summary>
    public string? RunId { get; init; }

    /// <summary>The outermost run of the composition; a trail is all entries of one root run.</summary>
    public string? RootRunId { get; init; }

    /// <summary>The run that started this one.</summary>
    public string? ParentRunId { get; init; }

    /// <summary>The workflow, agent or tool that the entry is about.</summary>
    public string? Subject { get; init; }

    /// <summary>The node's path in the workflow.</summary>
    public string? Node { get; init; }

    /// <summary>Which visit of the node, counted from 1; 0 where there is none.</summary>
    public int Visit { get; init; }

    /// <summary>Which attempt of the visit, counted from 1; 0 where there is none.</summary>
    public int Attempt { get; init; }

    /// <summary>The W3C trace id, in hex.</summary>
    public string? TraceId { get; init; }

    /// <summary>The W3C span id, in hex.</summary>
    public string? SpanId { get; init; }

    /// <summary>UTF-8 JSON: a summary, or the full content where the run asks for it. Empty for none.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}
