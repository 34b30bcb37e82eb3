using System.Collections.Immutable;
using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>All segments of a log. One writer adds; any number of readers look at what was durable when they asked.</summary>
internal sealed class SegmentSet : IDisposable
{
    private ImmutableArray<Segment> _segments;
    private long _size;
    private Task _sealing = Task.CompletedTask;

    public SegmentSet(RecoveredLog log)
    {
        _segments = [.. log.Segments];
        _size = log.Head.Size;
    }

    /// <summary>How many records are durable.</summary>
    public long Size
    {
        get => Volatile.Read(ref _size);
        set => Volatile.Write(ref _size, value);
    }

    public ImmutableArray<Segment> All => _segments;

    /// <summary>The segment that is being written; null before the first record and right after one was completed.</summary>
    public Segment? Active
    {
        get => _segments is [.., { Index: ActiveIndex } last] && !_sealed ? last : null;
        set
        {
            _sealed = false;
            ImmutableInterlocked.Update(ref _segments, segments => segments.Add(value!));
        }
    }

    private bool _sealed;

    /// <summary>Completes the active segment. Its index moves from memory to disk in the background, one segment at a time.</summary>
    public void SealActive(LogFiles files, Digest lastLeaf)
    {
        var segment = _segments[^1];
        _sealed = true;
        _sealing = Task.WhenAll(_sealing, Task.Run(() => WriteIndex(files, segment, lastLeaf)));
    }

    /// <summary>Writes the indexes that recovery had to build.</summary>
    public void SealRecovered(LogFiles files)
    {
        for (var i = 0; i < _segments.Length - 1; i++)
        {
            if (_segments[i].Index is not ActiveIndex) continue;
            using var hasher = new RecordHasher();
            var last = hasher.Leaf(_segments[i].ReadRecord(_segments[i].Index.Count - 1));
            WriteIndex(files, _segments[i], last);
        }
    }

    public Task Sealing => _sealing;

    public (Segment Segment, int Ordinal) Locate(long sequence)
    {
        var segments = _segments;
        var (low, high) = (0, segments.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (segments[middle].FirstSequence <= sequence) low = middle;
            else high = middle - 1;
        }

        return (segments[low], (int)(sequence - segments[low].FirstSequence));
    }

    /// <summary>The entry's event in the log: its receipt if the content is the same, a conflict if not, null if it is new.</summary>
    public AppendOutcome? FindEvent(PreparedEntry entry, ulong hash)
    {
        var segments = _segments;
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            foreach (var ordinal in segments[i].Index.FindEvent(hash))
            {
                var record = segments[i].ReadRecord(ordinal);
                if (!RecordView.TryParse(record, out var view) || !TermHash.EventId(view.Entry).SequenceEqual(TermHash.EventId(entry.Encoded.Span))) continue;
                var salt = ReadSalt(segments[i], ordinal, view.PayloadLength);
                using var hasher = new RecordHasher();
                return new AppendOutcome(new AuditReceipt(view.Sequence, hasher.Leaf(record), IsDuplicate: true), IsConflict: !entry.Matches(view, salt));
            }
        }

        return null;
    }

    public void Dispose()
    {
        _sealing.Wait(TimeSpan.FromSeconds(30));
        foreach (var segment in _segments) segment.Dispose();
    }

    private static byte[] ReadSalt(Segment segment, int ordinal, int payloadLength)
    {
        if (payloadLength == 0) return [];
        var frame = segment.ReadPayload(ordinal, payloadLength);
        return PayloadFrame.IsErased(frame) ? [] : PayloadFrame.Salt(frame).ToArray();
    }

    private static void WriteIndex(LogFiles files, Segment segment, Digest lastLeaf)
    {
        SealedIndex.Write(files, segment.FirstSequence, ((ActiveIndex)segment.Index).ToArray(), segment.RecordBytes, segment.PayloadBytes, lastLeaf);
        if (SealedIndex.TryOpen(files, segment.FirstSequence) is { } index) segment.Seal(index);
    }
}
