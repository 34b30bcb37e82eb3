using System.Security.Cryptography;
using Loomflow.Security;

namespace Loomflow.Audit;

/// <summary>An entry ready to be signed: scrubbed, encoded, its payload committed to. Made on the caller's thread, so that the log's writer only chains.</summary>
public sealed class PreparedEntry
{
    [ThreadStatic]
    private static SaltSource? t_salts;

    [ThreadStatic]
    private static RecordHasher? t_hasher;

    // Encoded entry, salt and payload, in one piece: this is made for every entry, and each array costs.
    private readonly byte[] _bytes;
    private readonly int _encodedLength;

    private PreparedEntry(string eventId, ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> payload)
    {
        (EventId, _encodedLength) = (eventId, encoded.Length);
        _bytes = GC.AllocateUninitializedArray<byte>(encoded.Length + (payload.IsEmpty ? 0 : AuditFormat.SaltSize + payload.Length));
        encoded.CopyTo(_bytes);
        if (payload.IsEmpty) return;
        (t_salts ??= new SaltSource()).Next(_bytes.AsSpan(encoded.Length, AuditFormat.SaltSize));
        payload.CopyTo(_bytes.AsSpan(encoded.Length + AuditFormat.SaltSize));
        // Salt and payload stand together, so that one pass hashes both.
        Commitment = (t_hasher ??= new RecordHasher()).Commit(default, _bytes.AsSpan(encoded.Length));
    }

    /// <summary>The idempotency id.</summary>
    public string EventId { get; }

    /// <summary>The canonical bytes without the payload.</summary>
    public ReadOnlyMemory<byte> Encoded => _bytes.AsMemory(0, _encodedLength);

    /// <summary>The payload without secrets.</summary>
    public ReadOnlyMemory<byte> Payload => HasPayload ? _bytes.AsMemory(_encodedLength + AuditFormat.SaltSize) : default;

    /// <summary>The commitment's salt; empty without a payload.</summary>
    public ReadOnlyMemory<byte> Salt => HasPayload ? _bytes.AsMemory(_encodedLength, AuditFormat.SaltSize) : default;

    /// <summary>SHA-256 of salt and payload; zeros without a payload.</summary>
    public Digest Commitment { get; }

    private bool HasPayload => _bytes.Length > _encodedLength;

    /// <summary>Scrubs, encodes and commits.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="scrubber">Removes secrets from the payload; <see langword="null"/> leaves it as it is.</param>
    /// <param name="maxPayloadBytes">The most bytes of payload.</param>
    /// <exception cref="ArgumentException">The entry lacks a field or exceeds a limit.</exception>
    public static PreparedEntry Create(AuditEntry entry, SecretScrubber? scrubber, int maxPayloadBytes)
    {
        var encoded = EntryCodec.EncodeToScratch(entry);
        if (entry.Payload.Length > maxPayloadBytes)
        {
            throw new ArgumentException($"Audit entry '{entry.EventId}': the payload has {entry.Payload.Length} bytes, at most {maxPayloadBytes} are taken (MaxPayloadBytes): record a summary.", nameof(entry));
        }

        var payload = entry.Payload.Span;
        return new PreparedEntry(entry.EventId, encoded, scrubber?.MayHoldSecret(payload) == true ? scrubber.ScrubJson(payload) : payload);
    }

    /// <summary>Whether a stored record holds this content. An erased payload compares as equal: its salt is gone.</summary>
    /// <param name="stored">The record under the same event id.</param>
    /// <param name="storedSalt">Its salt; empty if the payload was erased or never was.</param>
    public bool Matches(RecordView stored, ReadOnlySpan<byte> storedSalt)
    {
        if (!stored.Entry.SequenceEqual(Encoded.Span) || stored.PayloadLength != Payload.Length) return false;
        if (Payload.IsEmpty || storedSalt.IsEmpty) return true;
        return (t_hasher ??= new RecordHasher()).Commit(storedSalt, Payload.Span).AsSpan().SequenceEqual(stored.Commitment);
    }

    /// <summary>Randomness fetched for many salts at once: asking for each costs more than hashing.</summary>
    private sealed class SaltSource
    {
        private readonly byte[] _pool = new byte[256 * AuditFormat.SaltSize];
        private int _used = int.MaxValue;

        public void Next(Span<byte> salt)
        {
            if (_used > _pool.Length - AuditFormat.SaltSize)
            {
                RandomNumberGenerator.Fill(_pool);
                _used = 0;
            }

            _pool.AsSpan(_used, AuditFormat.SaltSize).CopyTo(salt);
            _used += AuditFormat.SaltSize;
        }
    }
}
