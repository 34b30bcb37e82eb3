using System.Runtime.CompilerServices;
using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Reads durable records: by number, by query, and as they come.</summary>
internal sealed class LogReader(AuditLog log)
{
    // How many records one page may look at before it is returned as it is, with where to go on.
    private const int ReadsPerPage = 20_000;

    [ThreadStatic]
    private static RecordHasher? t_hasher;

    /// <summary>One record, or null beyond the end.</summary>
    public AuditRecord? Read(long sequence)
    {
        if (sequence < 0 || sequence >= log.Size) return null;
        var (segment, ordinal) = log.Segments.Locate(sequence);
        return Decode(segment, ordinal);
    }

    /// <summary>One page, oldest first. A page may be short of its limit, even empty, and still have another after it.</summary>
    public AuditPage Query(AuditQuery query)
    {
        var found = new List<AuditRecord>();
        var terms = Terms(query);
        var size = log.Size;
        var reads = 0;
        foreach (var segment in log.Segments.All)
        {
            var index = segment.Index;
            var count = (int)Math.Min(index.Count, size - segment.FirstSequence);
            if (count <= 0 || segment.FirstSequence + count <= query.FromSequence || !Overlaps(index, query)) continue;
            var candidates = Candidates(index, terms);
            var from = (int)Math.Max(0, query.FromSequence - segment.FirstSequence);
            var position = candidates is null ? from : LowerBound(candidates, from);
            for (; candidates is null ? position < count : position < candidates.Length; position++)
            {
                var ordinal = candidates is null ? position : candidates[position];
                if (ordinal >= count) break;
                if (found.Count == query.Limit || reads == ReadsPerPage) return new AuditPage(found, segment.FirstSequence + ordinal);
                reads++;
                var record = Decode(segment, ordinal);
                if (query.Matches(record)) found.Add(record);
            }
        }

        return new AuditPage(found, null);
    }

    /// <summary>All of a run: a root run with everything below it, or a nested run by itself.</summary>
    public IReadOnlyList<AuditRecord> Trail(string runId, int limit)
    {
        var tree = ReadAll(new AuditQuery { RootRunId = runId, Limit = limit });
        return tree.Count > 0 ? tree : ReadAll(new AuditQuery { RunId = runId, Limit = limit });
    }

    /// <summary>Everything of certain actions, oldest first, found through the indexes.</summary>
    public IEnumerable<AuditRecord> ReadActions(IReadOnlyCollection<string> actions)
    {
        var size = log.Size;
        foreach (var segment in log.Segments.All)
        {
            var ordinals = actions.SelectMany(action => segment.Index.Find(TermHash.Action(action))).Where(ordinal => segment.FirstSequence + ordinal < size).ToArray();
            Array.Sort(ordinals);
            foreach (var ordinal in ordinals)
            {
                var record = Decode(segment, ordinal);
                if (actions.Contains(record.Entry.Action)) yield return record;
            }
        }
    }

    /// <summary>What matches from a sequence number on, and then what comes.</summary>
    public async IAsyncEnumerable<AuditRecord> Tail(AuditQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = query.FromSequence;
        while (true)
        {
            await log.WaitForMoreThanAsync(next, cancellationToken);
            var until = log.Size;
            var page = Query(query with { FromSequence = next, Limit = 1_000 });
            foreach (var record in page.Records) yield return record;
            // A page reads up to what was durable when it began, which may be later than `until`.
            next = page.Next ?? Math.Max(until, page.Records is [.., var last] ? last.Sequence + 1 : 0);
        }
    }

    private List<AuditRecord> ReadAll(AuditQuery query)
    {
        var records = new List<AuditRecord>();
        for (long? next = query.FromSequence; next is not null && records.Count < query.Limit;)
        {
            var page = Query(query with { FromSequence = next.Value, Limit = query.Limit - records.Count });
            records.AddRange(page.Records);
            next = page.Next;
        }

        return records;
    }

    private static AuditRecord Decode(Segment segment, int ordinal)
    {
        var bytes = segment.ReadRecord(ordinal);
        if (!RecordView.TryParse(bytes, out var view))
        {
            throw new InvalidDataException($"Record {segment.FirstSequence + ordinal} is damaged: run `verify` to see what happened to it.");
        }

        ReadOnlyMemory<byte> payload = default;
        if (view.PayloadLength > 0)
        {
            var frame = segment.ReadPayload(ordinal, view.PayloadLength);
            if (!PayloadFrame.IsErased(frame)) payload = frame.AsMemory(PayloadFrame.HeaderSize);
        }

        return AuditRecord.Decode(view, (t_hasher ??= new RecordHasher()).Leaf(bytes), payload);
    }

    private static bool Overlaps(ISegmentIndex index, AuditQuery query) =>
        (query.From is not { } from || index.MaxRecordedAt >= Ticks(from)) && (query.Until is not { } until || index.MinRecordedAt < Ticks(until));

    private static long Ticks(DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    private static List<ulong> Terms(AuditQuery query)
    {
        var terms = new List<ulong>();
        if (query.RunId is { } run) terms.Add(TermHash.Run(run));
        if (query.RootRunId is { } root) terms.Add(TermHash.RootRun(root));
        if (query.SessionId is { } session) terms.Add(TermHash.Session(session));
        if (query.Partition is { } partition) terms.Add(TermHash.Partition(partition));
        if (query.Action is { } action) terms.Add(TermHash.Action(action));
        if (query.Actor is { } actor) terms.Add(TermHash.Actor(actor));
        return terms;
    }

    // The ordinals that have all terms; null for no terms, that is all of them.
    private static int[]? Candidates(ISegmentIndex index, List<ulong> terms)
    {
        int[]? candidates = null;
        foreach (var term in terms)
        {
            var found = index.Find(term);
            candidates = candidates is null ? found : Intersect(candidates, found);
            if (candidates.Length == 0) break;
        }

        return candidates;
    }

    private static int[] Intersect(int[] left, int[] right)
    {
        var (few, many) = left.Length <= right.Length ? (left, right) : (right, left);
        var both = new List<int>(few.Length);
        foreach (var ordinal in few)
        {
            if (Array.BinarySearch(many, ordinal) >= 0) both.Add(ordinal);
        }

        return [.. both];
    }

    private static int LowerBound(int[] ordinals, int from)
    {
        var index = Array.BinarySearch(ordinals, from);
        return index >= 0 ? index : ~index;
    }
}
