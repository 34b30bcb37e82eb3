using System.Runtime.InteropServices;

namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>
/// The index of the segment that is being written, in memory: bounded by the size of a segment. For each term it knows the
/// last ordinal, and each ordinal knows the one before it with the same term.
/// </summary>
internal sealed class ActiveIndex : ISegmentIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _last = [];
    private readonly List<Row> _rows = [];

    public int Count
    {
        get { lock (_lock) return _rows.Count; }
    }

    public long MinRecordedAt { get; private set; } = long.MaxValue;

    public long MaxRecordedAt { get; private set; } = long.MinValue;

    public void Add(ReadOnlySpan<IndexEntry> entries)
    {
        lock (_lock)
        {
            foreach (ref readonly var entry in entries)
            {
                var row = new Row { Entry = entry };
                for (var field = 0; field <= TermHash.Fields; field++)
                {
                    row.Previous[field] = -1;
                    if (entry.Terms[field] == 0) continue;
                    ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, entry.Terms[field], out var known);
                    if (known) row.Previous[field] = last;
                    last = _rows.Count;
                }

                _rows.Add(row);
                MinRecordedAt = Math.Min(MinRecordedAt, entry.RecordedAt);
                MaxRecordedAt = Math.Max(MaxRecordedAt, entry.RecordedAt);
            }
        }
    }

    public (long Record, long Payload) Locate(int ordinal)
    {
        lock (_lock) return (_rows[ordinal].Entry.RecordOffset, _rows[ordinal].Entry.PayloadOffset);
    }

    public int[] Find(ulong term)
    {
        lock (_lock)
        {
            if (!_last.TryGetValue(term, out var ordinal)) return [];
            var found = new List<int>();
            while (ordinal >= 0)
            {
                found.Add(ordinal);
                ref var row = ref CollectionsMarshal.AsSpan(_rows)[ordinal];
                var previous = -1;
                for (var field = 0; field <= TermHash.Fields; field++)
                {
                    if (row.Entry.Terms[field] == term) previous = row.Previous[field];
                }

                ordinal = previous;
            }

            found.Reverse();
            return [.. found];
        }
    }

    public int[] FindEvent(ulong eventHash)
    {
        lock (_lock)
        {
            if (!_last.ContainsKey(eventHash)) return [];
        }

        return Find(eventHash);
    }

    /// <summary>What a <see cref="SealedIndex"/> is made of.</summary>
    public IndexEntry[] ToArray()
    {
        lock (_lock) return [.. _rows.Select(row => row.Entry)];
    }

    public void Dispose()
    {
    }

    private struct Row
    {
        public IndexEntry Entry;
        public PreviousOrdinals Previous;
    }

    [System.Runtime.CompilerServices.InlineArray(TermHash.Fields + 1)]
    private struct PreviousOrdinals
    {
        private int _element;
    }
}
