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

    private PreparedEntry(string eventId, byte[] encoded, ReadOnlyMemory<byte> payload, byte[] salt, Digest commitment) =>
        (EventId, Encoded, Payload, Salt, Commitment) = (eventId, encoded, payload, salt, commitment);

    /// <summary>The idempotency id.</summary>
    public string EventId { get; }

    /// <summary>The canonical bytes without the payload.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The payload without secrets.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The commitment's salt; empty without a payload.</summary>
    public ReadOnlyMemory<byte> Salt { get; }

    /// <summary>SHA-256 of salt and payload; zeros without a payload.</summary>
    public Digest Commitment { get; }

    /// <summary>Scrubs, encodes and commits.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="scrubber">Removes secrets from the payload; <see langword="null"/> leaves it as it is.</param>
    /// <param name="maxPayloadBytes">The most bytes of payload.</param>
    /// <exception cref="ArgumentException">The entry lacks a field or exceeds a limit.</exception>
    public static PreparedEntry Create(AuditEntry entry, SecretScrubber? scrubber, int maxPayloadBytes)
    {
        var encoded = EntryCodec.Encode(entry);
        if (entry.Payload.Length > maxPayloadBytes)
        {
            throw new ArgumentException($"Audit entry '{entry.EventId}': the payload has {entry.Payload.Length} bytes, at most {maxPayloadBytes} are taken: record a summary.", nameof(entry));
        }

        if (entry.Payload.IsEmpty) return new PreparedEntry(entry.EventId, encoded, default, [], default);
        var payload = scrubber is null ? entry.Payload.ToArray() : scrubber.ScrubJson(entry.Payload.Span);
        var salt = (t_salts ??= new SaltSource()).Next();
        var commitment = (t_hasher ??= new RecordHasher()).Commit(salt, payload);
        return new PreparedEntry(entry.EventId, encoded, payload, salt, commitment);
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

        public byte[] Next()
        {
            if (_used > _pool.Length - AuditFormat.SaltSize)
            {
                RandomNumberGenerator.Fill(_pool);
                _used = 0;
            }

            var salt = _pool.AsSpan(_used, AuditFormat.SaltSize).ToArray();
            _used += AuditFormat.SaltSize;
            return salt;
        }
    }
}
