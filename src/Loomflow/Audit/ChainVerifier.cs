namespace Loomflow.Audit;

/// <summary>
/// Checks that records follow one another, in constant memory, and says what happened where they do not. The records come
/// from a <see cref="RecordInspector"/>, in the order in which they are stored.
/// </summary>
/// <param name="checksMacs">Whether the inspector has the secrets.</param>
/// <param name="logId">The log that a signed checkpoint names; without it the first record says which log this is.</param>
public sealed class ChainVerifier(bool checksMacs, Guid? logId = null) : IDisposable
{
    private readonly RecordHasher _hasher = new();
    private MerkleFrontier? _frontier;
    private Guid? _logId = logId;
    private AuditKey? _key;
    private Digest _lastLeaf;
    private Digest _lastPrevious;
    private long _lastRecordedAt = long.MinValue;

    /// <summary>How many records follow one another.</summary>
    public long Size => Frontier.Size;

    /// <summary>The log's id, once known.</summary>
    public Guid? LogId => _logId;

    /// <summary>The last record's leaf hash.</summary>
    public Digest LastLeaf => _lastLeaf;

    /// <summary>How often the time of recording went backwards.</summary>
    public long ClockRegressions { get; private set; }

    private MerkleFrontier Frontier => _frontier ??= new MerkleFrontier(_hasher);

    /// <summary>The Merkle root over the records so far.</summary>
    public Digest Root() => Frontier.Root();

    /// <summary>Takes the next record if it is the right one; false changes nothing.</summary>
    public bool TryAdd(in RecordCheck check)
    {
        if (!check.IsGenuine || check.Sequence != Size || check.PreviousHash != _lastLeaf) return false;
        if ((check.Kind == AuditRecordKind.Genesis) != (Size == 0)) return false;
        if (check.LogId != (_logId ?? check.LogId)) return false;
        if (checksMacs && Size > 0 && check.Key != _key) return false;

        _logId = check.LogId;
        _key = check.Kind == AuditRecordKind.KeyRotation ? check.NextKey : check.Key;
        if (check.RecordedAtTicks < _lastRecordedAt) ClockRegressions++;
        _lastRecordedAt = check.RecordedAtTicks;
        _lastPrevious = check.PreviousHash;
        _lastLeaf = check.LeafHash;
        Frontier.Append(check.LeafHash);
        return true;
    }

    /// <summary>Names the damage after <see cref="TryAdd"/> refused a record.</summary>
    /// <param name="bad">The refused record.</param>
    /// <param name="following">The records after it, read lazily: some damage can only be named by what comes later.</param>
    public AuditDamage Classify(in RecordCheck bad, IEnumerable<RecordCheck> following)
    {
        ArgumentNullException.ThrowIfNull(following);
        if (!bad.IsGenuine) return ClassifyForged(bad, following);
        if (bad.LogId != (_logId ?? bad.LogId)) return ClassifyForeign(bad);
        return bad.Sequence == Size ? ClassifyMisfit(bad, following) : ClassifyMisplaced(bad, following);
    }

    /// <inheritdoc />
    public void Dispose() => _hasher.Dispose();

    private AuditDamage ClassifyForged(RecordCheck bad, IEnumerable<RecordCheck> following)
    {
        var later = following.Where(next => next.IsGenuine && next.LogId == (_logId ?? next.LogId)).Take(1).ToList();
        if (later is [var genuine] && genuine.Sequence == Size && genuine.PreviousHash == _lastLeaf)
        {
            return new AuditDamage(AuditDamageKind.Inserted, Size, $"what stands before the genuine entry {Size} was never signed");
        }

        // A damaged key id and a key that we lack look alike; when later records verify, we have the key.
        if (bad.Finding == RecordFinding.UnknownKey && _key is null && later.Count == 0)
        {
            return new AuditDamage(AuditDamageKind.UnknownKey, Size, "the key that it names is not in the key ring: add it");
        }

        return new AuditDamage(AuditDamageKind.Altered, Size, bad.Finding switch
        {
            RecordFinding.Malformed => "the bytes are not a record",
            RecordFinding.UnknownKey => "the key id was changed",
            _ => "the authentication code does not match the bytes",
        });
    }

    private AuditDamage ClassifyForeign(RecordCheck bad) =>
        !checksMacs && bad.PreviousHash == _lastLeaf && bad.Sequence == Size && Size > 0
            ? new AuditDamage(AuditDamageKind.Altered, Size, "the log id was changed")
            : new AuditDamage(AuditDamageKind.Spliced, Size, $"the record is entry {bad.Sequence} of log {bad.LogId:N}, this log is {_logId:N}");

    // The right number in the wrong chain.
    private AuditDamage ClassifyMisfit(RecordCheck bad, IEnumerable<RecordCheck> following)
    {
        if (bad.PreviousHash == _lastLeaf)
        {
            return (bad.Kind == AuditRecordKind.Genesis) != (Size == 0)
                ? new AuditDamage(AuditDamageKind.Altered, Size, "the kind of the record does not fit its place")
                : new AuditDamage(AuditDamageKind.UnknownKey, Size, $"it is signed with key '{bad.Key}', which the log had not rotated to");
        }

        if (checksMacs) return new AuditDamage(AuditDamageKind.Spliced, Size, "the record is genuine but continues another history of this log");

        // Without the secret, the next record tells which of the two that do not fit was changed; at the end nothing tells,
        // and the earlier one is the first that cannot be trusted.
        var next = following.Take(1).ToList();
        var changed = Size > 0 && (next is [] || next[0].PreviousHash == bad.LeafHash) ? Size - 1 : Size;
        return new AuditDamage(AuditDamageKind.Altered, changed, "the hash that the chain has for it does not match the bytes");
    }

    // A genuine record in the wrong place.
    private AuditDamage ClassifyMisplaced(RecordCheck bad, IEnumerable<RecordCheck> following)
    {
        if (!checksMacs && bad.PreviousHash == _lastLeaf)
        {
            return new AuditDamage(AuditDamageKind.Altered, Size, "the sequence number was changed");
        }

        if (bad.Sequence == Size - 1 && bad.PreviousHash == _lastPrevious && bad.LeafHash != _lastLeaf)
        {
            return new AuditDamage(AuditDamageKind.Inserted, Size - 1, $"there are two different entries {Size - 1}");
        }

        if (bad.Sequence < Size) return new AuditDamage(AuditDamageKind.Duplicated, Size, $"entry {bad.Sequence} stands there again");
        var foundExpected = false;
        foreach (var later in following)
        {
            if (!later.IsGenuine || later.LogId != bad.LogId) continue;
            if (later.Sequence == bad.Sequence) return new AuditDamage(AuditDamageKind.Duplicated, Size, $"entry {bad.Sequence} stands there before its place, and again in it");
            foundExpected |= later.Sequence == Size;
        }

        return foundExpected
            ? new AuditDamage(AuditDamageKind.Reordered, Size, $"entry {bad.Sequence} stands before entry {Size}")
            : new AuditDamage(AuditDamageKind.Removed, Size, bad.Sequence == Size + 1 ? "the entry is missing" : $"entries {Size} to {bad.Sequence - 1} are missing");
    }
}
