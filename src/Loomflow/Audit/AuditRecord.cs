using System.Text;

namespace Loomflow.Audit;

/// <summary>A stored record, decoded for reading.</summary>
/// <param name="Sequence">Its place in the log.</param>
/// <param name="RecordedAt">When the log took it.</param>
/// <param name="Kind">What it is to the log.</param>
/// <param name="KeyId">The key that signed it.</param>
/// <param name="LeafHash">Its hash: the Merkle leaf, and what the next record chains to.</param>
/// <param name="PreviousHash">The hash of the record before it.</param>
/// <param name="Mac">The authentication code.</param>
/// <param name="PayloadLength">The size of the payload when it was signed.</param>
/// <param name="IsPayloadErased">Whether the payload's content was erased since.</param>
/// <param name="Entry">What the producer stated.</param>
public sealed record AuditRecord(
    long Sequence,
    DateTimeOffset RecordedAt,
    AuditRecordKind Kind,
    string KeyId,
    Digest LeafHash,
    Digest PreviousHash,
    Digest Mac,
    int PayloadLength,
    bool IsPayloadErased,
    AuditEntry Entry)
{
    /// <summary>Decodes a record that was checked to be one.</summary>
    /// <exception cref="FormatException">The bytes are not a record.</exception>
    public static AuditRecord Decode(RecordView view, in Digest leafHash, ReadOnlyMemory<byte> payload)
    {
        if (!EntryCodec.TryDecode(view.Entry, out var entry)) throw new FormatException($"Audit record {view.Sequence} holds no readable entry.");
        return new AuditRecord(
            view.Sequence, view.RecordedAt, view.Kind, Encoding.UTF8.GetString(view.KeyId), leafHash, view.PreviousHash, new Digest(view.Mac),
            view.PayloadLength, view.PayloadLength > 0 && payload.IsEmpty, entry with { Payload = payload });
    }
}
