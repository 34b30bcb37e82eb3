using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Between the wire and the log.</summary>
internal static class EntryMapping
{
    /// <exception cref="ArgumentException">A field is not what it should be.</exception>
    public static AuditEntry ToEntry(V1.AuditEntry message) => new()
    {
        EventId = message.EventId,
        Time = message.Time?.ToDateTimeOffset() ?? throw new ArgumentException($"Audit entry '{message.EventId}' has no time."),
        Action = message.Action,
        Actor = message.Actor,
        Partition = ToPartition(message.Partition),
        SessionId = NullIfEmpty(message.SessionId),
        RunId = NullIfEmpty(message.RunId),
        RootRunId = NullIfEmpty(message.RootRunId),
        ParentRunId = NullIfEmpty(message.ParentRunId),
        Subject = NullIfEmpty(message.Subject),
        Node = NullIfEmpty(message.Node),
        Visit = message.Visit,
        Attempt = message.Attempt,
        TraceId = NullIfEmpty(message.TraceId),
        SpanId = NullIfEmpty(message.SpanId),
        Payload = message.Payload.Memory,
    };

    public static V1.AuditRecord ToMessage(AuditRecord record)
    {
        var entry = record.Entry;
        return new V1.AuditRecord
        {
            Sequence = record.Sequence,
            RecordedAt = record.RecordedAt.ToTimestamp(),
            KeyId = record.KeyId,
            LeafHash = ToBytes(record.LeafHash),
            PreviousHash = ToBytes(record.PreviousHash),
            Mac = ToBytes(record.Mac),
            PayloadLength = record.PayloadLength,
            PayloadErased = record.IsPayloadErased,
            Entry = V1.AuditEntries.Write(entry),
        };
    }

    /// <exception cref="RpcException">A filter is not what it should be.</exception>
    public static AuditQuery ToQuery(V1.QueryRequest request)
    {
        const int maxPage = 1_000;
        const int defaultPage = 100;
        if (request.PageSize is < 0 or > maxPage) throw Invalid($"page_size must be at most {maxPage}");
        var from = 0L;
        if (request.PageToken.Length > 0 && (!long.TryParse(request.PageToken, out from) || from < 0)) throw Invalid("page_token is not one that a query returned");
        try
        {
            return new AuditQuery
            {
                Partition = request.Partition.Length == 0 ? null : PartitionKey.Decode(request.Partition),
                SessionId = NullIfEmpty(request.SessionId),
                RunId = NullIfEmpty(request.RunId),
                RootRunId = NullIfEmpty(request.RootRunId),
                Action = NullIfEmpty(request.Action),
                Actor = NullIfEmpty(request.Actor),
                From = request.From?.ToDateTimeOffset(),
                Until = request.Until?.ToDateTimeOffset(),
                FromSequence = from,
                Limit = request.PageSize == 0 ? defaultPage : request.PageSize,
            };
        }
        catch (FormatException e)
        {
            throw Invalid(e.Message);
        }
    }

    public static V1.Verification ToMessage(AuditVerification verification) => new()
    {
        Entries = verification.Entries,
        Root = ToBytes(verification.Root),
        Intact = verification.IsIntact,
        Damage = ToMessage(verification.Damage),
        MacsChecked = verification.MacsChecked,
        Checkpoints = verification.Checkpoints,
        CheckpointedEntries = verification.CheckpointedEntries,
        ErasedPayloads = verification.ErasedPayloads,
        ClockRegressions = verification.ClockRegressions,
    };

    public static V1.Damage? ToMessage(AuditDamage? damage) =>
        damage is null ? null : new V1.Damage { Kind = damage.Kind.ToString(), Sequence = damage.Sequence, Detail = damage.Detail };

    public static ByteString ToBytes(Digest digest) => ByteString.CopyFrom(digest.AsSpan());

    public static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    private static PartitionKey ToPartition(string text)
    {
        try
        {
            return text.Length == 0 ? PartitionKey.Anonymous : PartitionKey.Decode(text);
        }
        catch (FormatException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
