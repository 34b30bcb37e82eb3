using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// Opens a log that may have been left in the middle of a write. What was never acknowledged is cut off, after a copy of it
/// was put aside; anything else that is not right is damage, and nothing is touched.
/// </summary>
internal sealed class LogRecovery(LogFiles files, AuditKeyRing keys, bool writable)
{
    private readonly List<Segment> _segments = [];
    private readonly List<string> _repairs = [];
    private readonly RecordInspector _inspector = new(keys);
    private ChainHead _head;
    private AuditKey? _key;
    private AuditKey? _firstKey;
    private Guid? _logId;
    private long _lastRecordedAt = long.MinValue;

    /// <exception cref="LogDamagedException">The log is not as it was left.</exception>
    public RecoveredLog Recover()
    {
        var head = HeadFile.Read(files, keys);
        _logId = head?.LogId;
        var firsts = files.ListSegments();
        try
        {
            for (var i = 0; i < firsts.Count; i++) OpenSegment(firsts[i], isLast: i == firsts.Count - 1, head?.Chain.Size ?? 0);
            if (_head.Size < (head?.Chain.Size ?? 0)) throw Damaged(AuditDamageKind.Truncated, _head.Size, $"{head!.Chain.Size} records were acknowledged");
            if (head is not null && head.Chain.Size == _head.Size && head.Chain.LastLeaf != _head.LastLeaf) throw Damaged(AuditDamageKind.Spliced, _head.Size - 1, "it is not the record that was acknowledged");

            var tree = OpenTree();
            return new RecoveredLog
            {
                LogId = _logId ?? Guid.Empty,
                Epoch = head?.Epoch ?? 0,
                Head = _head,
                Key = _key ?? keys.Keys[0],
                FirstKey = _firstKey ?? keys.Keys[0],
                Segments = _segments,
                Tree = tree,
                LastRecordedAt = _lastRecordedAt,
                Repairs = _repairs,
            };
        }
        catch
        {
            foreach (var segment in _segments) segment.Dispose();
            throw;
        }
        finally
        {
            _inspector.Dispose();
        }
    }

    private void OpenSegment(long first, bool isLast, long acknowledged)
    {
        if (first != _head.Size) throw Damaged(AuditDamageKind.Removed, _head.Size, $"the next segment begins at {first}");
        const FileShare share = FileShare.ReadWrite | FileShare.Delete;
        var access = writable ? FileAccess.ReadWrite : FileAccess.Read;
        var records = File.OpenHandle(files.Records(first), FileMode.Open, access, share);
        if (!File.Exists(files.Payloads(first)) && (!writable || RandomAccess.GetLength(records) > 0))
        {
            records.Dispose();
            throw Damaged(AuditDamageKind.Removed, first, $"the payloads of the segment, '{files.Payloads(first)}', are missing");
        }

        var payloads = File.OpenHandle(files.Payloads(first), writable ? FileMode.OpenOrCreate : FileMode.Open, access, share);
        if (!isLast && SealedIndex.TryOpen(files, first) is { } sealedIndex && FirstRecord(records) is { } check)
        {
            // Verified when it was written and again on schedule; opening a log does not read all of it.
            var segment = new Segment(first, records, payloads, sealedIndex, sealedIndex.RecordBytes, sealedIndex.PayloadBytes);
            _segments.Add(segment);
            if (first == 0) (_logId, _firstKey) = (_logId ?? check.LogId, check.Key);
            _key = LastKey(segment) ?? throw Damaged(AuditDamageKind.UnknownKey, first + sealedIndex.Count - 1, "the key that signs it is not in the key ring: add it");
            _head = new ChainHead(first + sealedIndex.Count, sealedIndex.LastLeaf);
            _lastRecordedAt = sealedIndex.MaxRecordedAt;
            return;
        }

        _segments.Add(Scan(first, records, payloads, isLast, acknowledged));
    }

    private RecordCheck? FirstRecord(SafeFileHandle records) =>
        new FrameReader(records, RandomAccess.GetLength(records)).Read(out var record) == FrameStatus.Record ? _inspector.Inspect(record) : null;

    private AuditKey? LastKey(Segment segment)
    {
        var check = _inspector.Inspect(segment.ReadRecord(segment.Index.Count - 1));
        return check.Kind == AuditRecordKind.KeyRotation ? check.NextKey : check.Key;
    }

    private Segment Scan(long first, SafeFileHandle records, SafeFileHandle payloads, bool isLast, long acknowledged)
    {
        var index = new ActiveIndex();
        var reader = new FrameReader(records, RandomAccess.GetLength(records));
        var payloadBytes = RandomAccess.GetLength(payloads);
        var payloadOffset = 0L;
        var entry = new IndexEntry[1];
        while (true)
        {
            var offset = reader.Offset;
            var status = reader.Read(out var record);
            if (status == FrameStatus.Record)
            {
                var check = _inspector.Inspect(record);
                if (!Fits(check)) throw Unfit(check);
                RecordView.TryParse(record, out var view);
                var payloadEnd = payloadOffset + PayloadFrame.Size(view.PayloadLength);
                if (payloadEnd > payloadBytes)
                {
                    // The record reached the disk and its payload did not: the write was cut off between the two.
                    if (!isLast || check.Sequence < acknowledged) throw Damaged(AuditDamageKind.Removed, check.Sequence, "its payload is missing");
                    CutOff(records, offset, "records");
                    break;
                }

                entry[0].RecordOffset = (uint)offset;
                entry[0].PayloadOffset = (uint)payloadOffset;
                entry[0].RecordedAt = check.RecordedAtTicks;
                if (!TermHash.TryHash(view.Entry, entry[0].Terms)) throw Damaged(AuditDamageKind.Altered, check.Sequence, "the record holds no readable entry");
                index.Add(entry);
                Take(check);
                payloadOffset = payloadEnd;
                continue;
            }

            if (status == FrameStatus.End) break;
            var next = _head.Size;
            if (!isLast) throw Damaged(AuditDamageKind.Removed, next, "the segment ends inside a record");
            if (next < acknowledged) throw Damaged(status == FrameStatus.Torn ? AuditDamageKind.Truncated : AuditDamageKind.Altered, next, $"{acknowledged} records were acknowledged");
            if (status == FrameStatus.Damaged && !reader.IsRestZero()) throw Damaged(AuditDamageKind.Altered, next, "what follows the last record is neither a record nor the beginning of one");
            CutOff(records, offset, "records");
            break;
        }

        var recordBytes = index.Count == 0 ? 0 : LengthOf(reader, records);
        if (payloadBytes > payloadOffset) CutOff(payloads, payloadOffset, "payloads");
        return new Segment(first, records, payloads, index, recordBytes, payloadOffset);

        long LengthOf(FrameReader frames, SafeFileHandle file) => writable ? RandomAccess.GetLength(file) : Math.Min(frames.Offset, RandomAccess.GetLength(file));
    }

    private bool Fits(in RecordCheck check) =>
        check.IsGenuine
        && check.Sequence == _head.Size
        && check.PreviousHash == _head.LastLeaf
        && check.LogId == (_logId ?? check.LogId)
        && (_key is null || check.Key == _key);

    private void Take(in RecordCheck check)
    {
        _logId = check.LogId;
        _firstKey ??= check.Key;
        _key = check.Kind == AuditRecordKind.KeyRotation
            ? check.NextKey ?? throw Damaged(AuditDamageKind.UnknownKey, check.Sequence + 1, "the log was rotated to a key that is not in the key ring: add it")
            : check.Key;
        _head = new ChainHead(check.Sequence + 1, check.LeafHash);
        _lastRecordedAt = check.RecordedAtTicks;
    }

    private LogDamagedException Unfit(in RecordCheck check) => check.Finding switch
    {
        RecordFinding.UnknownKey => Damaged(AuditDamageKind.UnknownKey, _head.Size, "the key that signs it is not in the key ring: add it"),
        RecordFinding.Genuine when check.LogId != _logId => Damaged(AuditDamageKind.Spliced, _head.Size, $"the record is of log {check.LogId:N}"),
        RecordFinding.Genuine when check.Sequence != _head.Size => Damaged(AuditDamageKind.Removed, _head.Size, $"entry {check.Sequence} stands in its place"),
        RecordFinding.Genuine => Damaged(AuditDamageKind.Spliced, _head.Size, "the record continues another history"),
        _ => Damaged(AuditDamageKind.Altered, _head.Size, "the authentication code does not match the bytes"),
    };

    private void CutOff(SafeFileHandle file, long offset, string what)
    {
        var length = RandomAccess.GetLength(file) - offset;
        _repairs.Add($"cut off {length} bytes of {what} that were never acknowledged, after record {_head.Size - 1}");
        if (!writable) return;
        var torn = new byte[(int)Math.Min(length, 16 * 1024 * 1024)];
        var read = RandomAccess.Read(file, torn, offset);
        File.WriteAllBytes(Path.Combine(files.Root, $"torn-{_head.Size}-{what}-{Guid.NewGuid():N}.bin"), torn[..read]);
        RandomAccess.SetLength(file, offset);
        RandomAccess.FlushToDisk(file);
    }

    private TreeFile OpenTree()
    {
        if (!writable && !File.Exists(files.Tree)) throw new IOException($"The tree file '{files.Tree}' is missing and cannot be built on read-only storage.");
        var tree = new TreeFile(files.Tree, writable);
        if (!writable) return tree;

        // What belongs to complete segments was flushed with them; the rest is cheap to make again.
        var active = _segments.Count == 0 ? 0 : _segments[^1].FirstSequence;
        var from = tree.Length >= TreeFile.HashCount(active) * Digest.Size ? active : 0;
        tree.Truncate(from);
        using var hasher = new RecordHasher();
        var frontier = new MerkleFrontier(hasher);
        frontier.Load(from, tree);
        var hashes = new List<byte>();
        foreach (var segment in _segments.Where(segment => segment.FirstSequence >= from))
        {
            var start = frontier.Size;
            var reader = new FrameReader(segment.Records, segment.RecordBytes);
            while (reader.Read(out var record) == FrameStatus.Record) frontier.Append(hasher.Leaf(record), hash => hashes.AddRange(hash.AsSpan()));
            tree.Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(hashes), start);
            hashes.Clear();
        }

        return tree;
    }

    private static LogDamagedException Damaged(AuditDamageKind kind, long sequence, string detail) => new(new AuditDamage(kind, sequence, detail));
}
