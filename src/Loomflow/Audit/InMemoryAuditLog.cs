using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Loomflow.Security;

namespace Loomflow.Audit;

/// <summary>
/// A signed, chained log in memory, with the same bytes, hashes and verification as the audit service's: for tests, for
/// programs without the service, and for what must be provable within one process. It ends with the process.
/// </summary>
public sealed class InMemoryAuditLog : IAuditLog, IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Stored> _records = [];
    private readonly Dictionary<string, int> _byEventId = new(StringComparer.Ordinal);
    private readonly AuditKeyRing _keys;
    private readonly SecretScrubber? _scrubber;
    private readonly TimeProvider _time;
    private readonly RecordWriter _writer;
    private readonly byte[] _buffer = new byte[AuditFormat.MaxRecordBytes];

    /// <summary>Opens an empty log.</summary>
    /// <param name="key">The signing key; <see langword="null"/> makes a random one, which proves integrity to this process only.</param>
    /// <param name="scrubber">Removes secrets before signing; <see langword="null"/> uses <see cref="SecretScrubber.Default"/>.</param>
    /// <param name="timeProvider">The log's clock.</param>
    public InMemoryAuditLog(AuditKey? key = null, SecretScrubber? scrubber = null, TimeProvider? timeProvider = null)
    {
        key ??= new AuditKey("memory", RandomNumberGenerator.GetBytes(AuditKey.MinSecretBytes));
        _keys = new AuditKeyRing(key);
        _scrubber = scrubber ?? SecretScrubber.Default;
        _time = timeProvider ?? TimeProvider.System;
        _writer = new RecordWriter(Guid.NewGuid(), key);
        var genesis = new AuditEntry { EventId = $"{AuditFormat.Origin(_writer.LogId)}/genesis", Time = _time.GetUtcNow(), Action = AuditAction.LogCreated, Actor = AuditActor.System };
        Add(PreparedEntry.Create(genesis, scrubber: null, MaxPayloadBytes), AuditRecordKind.Genesis);
        _byEventId.Add(genesis.EventId, 0);
    }

    /// <summary>The most bytes of one payload.</summary>
    public int MaxPayloadBytes { get; init; } = 1024 * 1024;

    /// <summary>How many records there are, the log's own first one included.</summary>
    public int Count
    {
        get { lock (_lock) return _records.Count; }
    }

    /// <inheritdoc />
    public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var prepared = PreparedEntry.Create(entry, _scrubber, MaxPayloadBytes);
        lock (_lock)
        {
            ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byEventId, prepared.EventId, out var isKnown);
            if (!isKnown)
            {
                index = _records.Count;
                return ValueTask.FromResult(Add(prepared, AuditRecordKind.Entry));
            }

            var stored = _records[index];
            RecordView.TryParse(stored.Record.Span, out var view);
            if (!prepared.Matches(view, stored.Salt.Span)) throw new AuditConflictException(prepared.EventId, index);
            return ValueTask.FromResult(new AuditReceipt(index, stored.LeafHash, IsDuplicate: true));
        }
    }

    /// <summary>The entries that match, in the order of the log; the log's own first record is not one of them.</summary>
    public IReadOnlyList<AuditRecord> Query(AuditQuery? query = null)
    {
        query ??= new AuditQuery { Limit = int.MaxValue };
        return [.. Snapshot().Skip(1).Select(Decode).Where(query.Matches).Take(query.Limit)];
    }

    /// <summary>The stored bytes, record by record: what a verifier works on.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Export() => [.. Snapshot().Select(stored => (ReadOnlyMemory<byte>)stored.Record.ToArray())];

    /// <summary>Checks every record, payload and link.</summary>
    public AuditVerification Verify()
    {
        var snapshot = Snapshot();
        var verification = AuditVerifier.Verify(snapshot.Select(stored => stored.Record), _keys, _writer.LogId);
        if (!verification.IsIntact) return verification;

        using var inspector = new RecordInspector(_keys);
        for (var i = 0; i < snapshot.Length; i++)
        {
            var stored = snapshot[i];
            if (!RecordView.TryParse(stored.Record.Span, out var view) || view.PayloadLength == 0) continue;
            if (!inspector.IsCommittedTo(view, stored.Salt.Span, stored.Payload.Span))
            {
                return verification with { Entries = i, Damage = new AuditDamage(AuditDamageKind.Altered, i, "the payload is not the one that was signed") };
            }
        }

        return verification;
    }

    /// <summary>Verifies records that came from <see cref="Export"/>, with this log's key and identity.</summary>
    public AuditVerification Verify(IEnumerable<ReadOnlyMemory<byte>> records) => AuditVerifier.Verify(records, _keys, _writer.LogId);

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_lock) _writer.Dispose();
    }

    private AuditReceipt Add(PreparedEntry entry, AuditRecordKind kind)
    {
        var (length, leaf) = _writer.Write(_buffer, entry, _time.GetUtcNow(), kind);
        var sequence = _records.Count;
        // One array for everything: what stays in memory is what the garbage collector has to move about.
        var stored = GC.AllocateUninitializedArray<byte>(length + entry.Salt.Length + entry.Payload.Length);
        _buffer.AsSpan(0, length).CopyTo(stored);
        entry.Salt.Span.CopyTo(stored.AsSpan(length));
        entry.Payload.Span.CopyTo(stored.AsSpan(length + entry.Salt.Length));
        _records.Add(new Stored(stored, length, leaf));
        return new AuditReceipt(sequence, leaf);
    }

    private Stored[] Snapshot()
    {
        lock (_lock) return [.. _records];
    }

    private static AuditRecord Decode(Stored stored)
    {
        RecordView.TryParse(stored.Record.Span, out var view);
        return AuditRecord.Decode(view, stored.LeafHash, stored.Payload);
    }

    private readonly record struct Stored(byte[] Bytes, int RecordLength, Digest LeafHash)
    {
        public ReadOnlyMemory<byte> Record => Bytes.AsMemory(0, RecordLength);

        public ReadOnlyMemory<byte> Salt => Bytes.Length == RecordLength ? default : Bytes.AsMemory(RecordLength, AuditFormat.SaltSize);

        public ReadOnlyMemory<byte> Payload => Bytes.Length == RecordLength ? default : Bytes.AsMemory(RecordLength + AuditFormat.SaltSize);
    }
}
