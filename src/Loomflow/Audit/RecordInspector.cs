using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>Checks records one by one. Not safe for use by two threads at once; several inspectors can share the work.</summary>
/// <param name="keys">The secrets, or <see langword="null"/> for a verifier that has only public keys.</param>
public sealed class RecordInspector(AuditKeyRing? keys) : IDisposable
{
    private readonly RecordHasher _hasher = new();

    /// <summary>Checks a record's form and authentication code, and hashes it.</summary>
    public RecordCheck Inspect(ReadOnlySpan<byte> record)
    {
        if (!RecordView.TryParse(record, out var view)) return default;
        var check = new RecordCheck
        {
            Finding = RecordFinding.Unchecked,
            Kind = view.Kind,
            LogId = view.LogId,
            Sequence = view.Sequence,
            PreviousHash = view.PreviousHash,
            LeafHash = _hasher.Leaf(record),
            RecordedAtTicks = AuditFormat.ToTicks(view.RecordedAt),
        };
        if (keys is null) return check;
        if (keys.Find(view.KeyId) is not { } key) return check with { Finding = RecordFinding.UnknownKey };
        if (!CryptographicOperations.FixedTimeEquals(_hasher.Mac(key, view.Body).AsSpan(), view.Mac)) return check with { Finding = RecordFinding.BadMac };
        check = check with { Finding = RecordFinding.Genuine, Key = key };
        return view.Kind == AuditRecordKind.KeyRotation ? InspectRotation(view, check) : check;
    }

    /// <summary>Whether a payload is the one that a record commits to.</summary>
    public bool IsCommittedTo(RecordView view, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload) =>
        payload.Length == view.PayloadLength && _hasher.Commit(salt, payload).AsSpan().SequenceEqual(view.Commitment);

    /// <inheritdoc />
    public void Dispose() => _hasher.Dispose();

    private RecordCheck InspectRotation(RecordView view, RecordCheck check)
    {
        var proof = view.RotationProof;
        if (proof.IsEmpty || proof.Length != 1 + proof[0] + AuditFormat.MacSize) return check with { Finding = RecordFinding.Malformed };
        var newKey = keys!.Find(proof.Slice(1, proof[0]));
        if (newKey is null) return check;
        var expected = _hasher.RotationMac(newKey, view.KeyId, view.LogId, view.Sequence, view.PreviousHash);
        return CryptographicOperations.FixedTimeEquals(expected.AsSpan(), proof[^AuditFormat.MacSize..])
            ? check with { NextKey = newKey }
            : check with { Finding = RecordFinding.BadMac };
    }
}
