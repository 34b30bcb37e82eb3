using System.Collections.Concurrent;
using System.Threading.Channels;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>
/// Verifies a log from its files alone: records are hashed and authenticated in parallel, then judged in order against one
/// another, against the checkpoints, and against what was published elsewhere. Memory does not grow with the log.
/// </summary>
/// <param name="files">The log.</param>
/// <param name="keys">The secrets; null to verify with public keys only.</param>
/// <param name="publicKeys">The keys that checkpoints must be signed with.</param>
internal sealed class LogVerification(LogFiles files, AuditKeyRing? keys, IReadOnlyList<CheckpointKey> publicKeys)
{
    private const int ChunksAhead = 4;

    private readonly ConcurrentBag<RecordInspector> _inspectors = [];

    /// <summary>Checkpoints that were published elsewhere: a name for messages, and the notes.</summary>
    public IReadOnlyList<(string Name, string Notes)> Anchors { get; init; } = [];

    /// <summary>Verify only so many records: those that were durable when the verification of a live log began.</summary>
    public long? Limit { get; init; }

    /// <summary>Whether this is an export, which has no head file and is only as long as what was durable then.</summary>
    public bool IsBundle { get; init; }

    /// <summary>Told how many records are verified, from time to time.</summary>
    public Action<long>? Progress { get; init; }

    public async Task<AuditVerification> RunAsync(CancellationToken cancellationToken)
    {
        var cursors = new List<CheckpointCursor>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var chain = new ChainVerifier(keys is not null, KnownLogId());
        var run = new Run(chain, cursors);
        try
        {
            if (File.Exists(files.Checkpoints)) cursors.Add(new CheckpointCursor("the checkpoint file", OpenShared(files.Checkpoints), publicKeys));
            cursors.AddRange(Anchors.Select(anchor => new CheckpointCursor(anchor.Name, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(anchor.Notes)), publicKeys)));

            var damage = await ReadAsync(run, stop.Token);
            if (damage is null) damage = AtEnd(run);
            return new AuditVerification
            {
                Entries = Math.Min(chain.Size, damage?.Sequence ?? long.MaxValue),
                Root = chain.Root(),
                Damage = damage,
                MacsChecked = keys is not null,
                Checkpoints = cursors.Sum(cursor => cursor.Agreed),
                CheckpointedEntries = cursors.Select(cursor => cursor.Covered).DefaultIfEmpty().Max(),
                ErasedPayloads = run.Erased,
                ClockRegressions = chain.ClockRegressions,
            };
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var cursor in cursors) cursor.Dispose();
            foreach (var inspector in _inspectors) inspector.Dispose();
        }
    }

    private async Task<AuditDamage?> ReadAsync(Run run, CancellationToken cancellationToken)
    {
        var checks = Channel.CreateBounded<Task<CheckedChunk>>(ChunksAhead);
        var reading = Task.Run(() => ProduceAsync(run, checks.Writer, cancellationToken), cancellationToken);
        if (run.CompareCheckpoints() is { } broken) return broken;
        await foreach (var check in checks.Reader.ReadAllAsync(cancellationToken))
        {
            var chunk = await check;
            if (Judge(run, chunk) is { } damage) return damage;
            chunk.Return();
            Progress?.Invoke(run.Chain.Size);
            if (run.Chain.Size >= Limit) return null;
        }

        await reading;
        return run.GapAfterSegment;
    }

    private async Task ProduceAsync(Run run, ChannelWriter<Task<CheckedChunk>> checks, CancellationToken cancellationToken)
    {
        try
        {
            var segments = files.ListSegments();
            for (var i = 0; i < segments.Count; i++)
            {
                using var chunks = new SegmentChunks(files, i, segments[i]);
                foreach (var chunk in chunks.Read())
                {
                    await checks.WriteAsync(Task.Run(() => Check(chunk), cancellationToken), cancellationToken);
                }

                if (chunks.End == FrameStatus.Torn && i < segments.Count - 1)
                {
                    run.SegmentGap = i;
                    break;
                }
            }

            checks.Complete();
        }
        catch (Exception e)
        {
            checks.Complete(e);
        }
    }

    private CheckedChunk Check(RecordChunk chunk)
    {
        if (!_inspectors.TryTake(out var inspector)) inspector = new RecordInspector(keys);
        var check = CheckedChunk.Check(chunk, inspector);
        _inspectors.Add(inspector);
        return check;
    }

    private AuditDamage? Judge(Run run, CheckedChunk check)
    {
        for (var i = 0; i < check.Count; i++)
        {
            if (run.Chain.Size >= Limit) return null;
            if (!run.Chain.TryAdd(check.Records[i])) return run.Chain.Classify(check.Records[i], Following(check, i));
            if (check.Payloads[i] != PayloadFinding.Intact && JudgePayload(run, check, i) is { } payload) return payload;
            if (run.CompareCheckpoints() is { } broken) return broken;
        }

        return null;
    }

    private AuditDamage? JudgePayload(Run run, CheckedChunk check, int index)
    {
        var sequence = check.Records[index].Sequence;
        switch (check.Payloads[index])
        {
            case PayloadFinding.Missing:
                return new AuditDamage(AuditDamageKind.Removed, sequence, "its payload is missing, and nothing records an erasure");
            case PayloadFinding.Altered:
                return new AuditDamage(AuditDamageKind.Altered, sequence, "its payload is not the one that was signed");
            default:
                run.Erased++;
                var frame = check.Chunk.Frames[index];
                RecordView.TryParse(check.Chunk.Records.AsSpan(frame.Start, frame.Length), out var view);
                return run.Erasure(check.ErasedBy(index), ReadErasure) is { } erasure && erasure.Covers(view)
                    ? null
                    : new AuditDamage(AuditDamageKind.Removed, sequence, "its payload is blank, and no entry records the erasure");
        }
    }

    private Erasure? ReadErasure(long sequence)
    {
        var segments = files.ListSegments();
        var first = segments.LastOrDefault(start => start <= sequence, -1);
        if (first < 0) return null;
        using var file = File.OpenHandle(files.Records(first), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var reader = new FrameReader(file, RandomAccess.GetLength(file));
        using var inspector = new RecordInspector(keys);
        while (reader.Read(out var record) == FrameStatus.Record)
        {
            if (!RecordView.TryParse(record, out var view) || view.Sequence != sequence) continue;
            return inspector.Inspect(record).IsGenuine ? Erasure.Read(view) : null;
        }

        return null;
    }

    // The records behind a damaged one, straight from the files: what comes later says what happened.
    private IEnumerable<RecordCheck> Following(CheckedChunk check, int index)
    {
        using var inspector = new RecordInspector(keys);
        var segments = files.ListSegments();
        var frame = check.Chunk.Frames[index];
        for (var i = check.Chunk.SegmentIndex; i < segments.Count; i++)
        {
            using var file = File.OpenHandle(files.Records(segments[i]), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var isDamaged = i == check.Chunk.SegmentIndex;
            var reader = new FrameReader(file, RandomAccess.GetLength(file), isDamaged ? frame.FileOffset : 0);
            if (isDamaged && frame.Length > 0) reader.Read(out _);
            while (true)
            {
                var status = reader.Read(out var record);
                if (status == FrameStatus.Record) yield return inspector.Inspect(record);
                else if (status == FrameStatus.Damaged && reader.Resynchronise()) continue;
                else break;
            }
        }
    }

    private AuditDamage? AtEnd(Run run)
    {
        var size = run.Chain.Size;
        if (size < Limit) return new AuditDamage(AuditDamageKind.Truncated, size, $"the log has {Limit} records");
        if (Limit is null && !IsBundle)
        {
            try
            {
                var head = HeadFile.Read(files, keys);
                if (head?.Chain.Size > size) return new AuditDamage(AuditDamageKind.Truncated, size, $"{head.Chain.Size} records were acknowledged");
                if (head is not null && head.Chain.Size == size && head.Chain.LastLeaf != run.Chain.LastLeaf) return new AuditDamage(AuditDamageKind.Spliced, size - 1, "it is not the record that was acknowledged");
                if (head is null && size > 1) return new AuditDamage(AuditDamageKind.Removed, size, "the head file, which says how much was acknowledged, is missing");
            }
            catch (LogDamagedException e)
            {
                return e.Damage;
            }
        }

        // A live log's newest checkpoints may be of records that came after the limit.
        return Limit is null ? run.Cursors.Select(cursor => cursor.AtEnd(size)).FirstOrDefault(damage => damage is not null) : null;
    }

    // A checkpoint says which log this must be; its signature is verified when the log gets there.
    private Guid? KnownLogId()
    {
        try
        {
            return HeadFile.Read(files, keys)?.LogId;
        }
        catch (LogDamagedException)
        {
            return null;
        }
    }

    private static FileStream OpenShared(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private sealed class Run(ChainVerifier chain, List<CheckpointCursor> cursors)
    {
        private readonly Dictionary<long, Erasure?> _erasures = [];
        private (long Size, Digest Root) _root = (-1, default);

        public ChainVerifier Chain => chain;

        public List<CheckpointCursor> Cursors => cursors;

        public long Erased { get; set; }

        public int? SegmentGap { get; set; }

        public AuditDamage? GapAfterSegment =>
            SegmentGap is null ? null : new AuditDamage(AuditDamageKind.Removed, chain.Size, "the segment ends inside a record, and another one follows");

        public AuditDamage? CompareCheckpoints()
        {
            foreach (var cursor in cursors)
            {
                if (cursor.Compare(chain, ref _root) is { } damage) return damage;
            }

            return null;
        }

        public Erasure? Erasure(long sequence, Func<long, Erasure?> read)
        {
            if (_erasures.TryGetValue(sequence, out var erasure)) return erasure;
            if (_erasures.Count >= 1_000) _erasures.Clear();
            return _erasures[sequence] = read(sequence);
        }
    }
}
