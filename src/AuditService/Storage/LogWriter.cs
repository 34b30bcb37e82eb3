using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// Writes batches: stages records in memory, writes and flushes them together, and only then lets anybody see them. When the
/// disk refuses, everything goes back to where it was. Used by one thread.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private const int InitialBuffer = 256 * 1024;

    private readonly LogFiles _files;
    private readonly AuditOptions _options;
    private readonly TimeProvider _time;
    private readonly SegmentSet _segments;
    private readonly TreeFile _tree;
    private readonly HeadFile _headFile;
    private readonly RecordWriter _records;
    private readonly RecordHasher _hasher = new();
    private readonly MerkleFrontier _frontier;
    private readonly MerkleFrontier _durableFrontier;
    private readonly Dictionary<ulong, int> _stagedByEvent = [];
    private readonly List<Staged> _staged = [];
    private readonly List<IndexEntry> _stagedIndex = [];
    private readonly GrowingBuffer _recordBuffer = new(InitialBuffer);
    private readonly GrowingBuffer _payloadBuffer = new(InitialBuffer);
    private readonly GrowingBuffer _treeBuffer = new(InitialBuffer);
    private readonly Action<Digest> _stageNode;
    private long _lastRecordedAt;
    private DateTimeOffset _now;

    public LogWriter(LogFiles files, AuditOptions options, RecoveredLog log, SegmentSet segments, HeadFile headFile, TimeProvider time)
    {
        (_files, _options, _segments, _tree, _headFile, _time) = (files, options, segments, log.Tree, headFile, time);
        (LogId, Epoch, _lastRecordedAt) = (log.LogId == Guid.Empty ? Guid.NewGuid() : log.LogId, log.Epoch + 1, log.LastRecordedAt);
        _records = new RecordWriter(LogId, log.Key);
        _records.Resume(log.Head, log.Key);
        _frontier = new MerkleFrontier(_hasher);
        _frontier.Load(log.Head.Size, _tree);
        _durableFrontier = new MerkleFrontier(_hasher);
        _durableFrontier.CopyFrom(_frontier);
        _stageNode = hash => _treeBuffer.Append(hash.AsSpan());
        DurableHead = log.Head;
    }

    public Guid LogId { get; }

    public long Epoch { get; }

    public AuditKey Key => _records.Key;

    public ChainHead DurableHead { get; private set; }

    /// <summary>How often the clock went backwards while this writer wrote.</summary>
    public long ClockRegressions { get; private set; }

    /// <summary>How many bytes are staged: the caller ends a batch by it.</summary>
    public int StagedBytes => _recordBuffer.Length + _payloadBuffer.Length;

    /// <summary>The root over what is durable.</summary>
    public Digest DurableRoot() => _durableFrontier.Root();

    /// <summary>Makes the first record, or notes that a new writer has taken over.</summary>
    public void Open()
    {
        Begin();
        var origin = AuditFormat.Origin(LogId);
        if (DurableHead.Size == 0) StageOwn(SystemEntry($"{origin}/genesis", AuditAction.LogCreated, 0), AuditRecordKind.Genesis);
        StageOwn(SystemEntry($"{origin}/opened/{Epoch}", AuditAction.LogOpened, (int)Math.Min(int.MaxValue, Epoch)));
        Commit();
        _headFile.Flush();
        DirectorySync.Flush(_files.Root);
    }

    /// <summary>Starts a batch.</summary>
    /// <exception cref="LogInUseException">Another writer has taken over.</exception>
    public void Begin()
    {
        if (_headFile.ReadEpoch() > Epoch) throw new LogInUseException(_files.Root);
        if (_segments.Active is { } active && (active.RecordBytes >= _options.SegmentBytes || active.PayloadBytes >= _options.SegmentBytes || active.Index.Count >= _options.SegmentEntries))
        {
            Roll();
        }

        _segments.Active ??= Segment.Create(_files, DurableHead.Size);
        _now = _time.GetUtcNow();
        var ticks = _now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        if (ticks < _lastRecordedAt)
        {
            ClockRegressions++;
            StageOwn(SystemEntry($"{AuditFormat.Origin(LogId)}/clock/{Epoch}/{_records.Head.Size}", AuditAction.ClockMovedBack, 0));
        }

        _lastRecordedAt = ticks;
    }

    /// <summary>Adds a request's entries to the batch; entries that are in the log already are answered at once.</summary>
    public void Stage(PendingAppend request)
    {
        for (var i = 0; i < request.Entries.Length; i++)
        {
            var entry = request.Entries[i];
            ref readonly var terms = ref request.Terms[i];
            request.Outcomes[i] = FindStaged(entry, terms)
                ?? _segments.FindEvent(entry, terms[TermHash.Fields])
                ?? new AppendOutcome(request.RotateTo is { } key ? StageRotation(entry, terms, key) : Stage(entry, terms));
        }
    }

    /// <summary>Makes the batch durable and visible.</summary>
    /// <exception cref="IOException">The disk refused; the batch is gone and the log is as before.</exception>
    /// <exception cref="FlushFailedException">The disk took the bytes and could not keep them: what it holds now is unknown.</exception>
    public void Commit()
    {
        var active = _segments.Active!;
        var count = _stagedIndex.Count;
        if (count > 0)
        {
            Write(active);
            Flush(active);
            var head = new LogHead(LogId, Epoch, _records.Head);
            _headFile.Write(head, _records.Key);

            // In this order: readers take the end of the newest record from the length, unless the index knows a later one.
            ((ActiveIndex)active.Index).Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_stagedIndex));
            active.RecordBytes += _recordBuffer.Length;
            active.PayloadBytes += _payloadBuffer.Length;
            _durableFrontier.CopyFrom(_frontier);
            DurableHead = _records.Head;
            _segments.Size = DurableHead.Size;
        }

        Clear();
    }

    /// <summary>Drops what was staged.</summary>
    public void Rollback(AuditKey key)
    {
        _records.Resume(DurableHead, key);
        _frontier.CopyFrom(_durableFrontier);
        Clear();
    }

    public void Dispose()
    {
        _records.Dispose();
        _hasher.Dispose();
    }

    private AppendOutcome? FindStaged(PreparedEntry entry, in IndexEntry.TermHashes terms)
    {
        if (!_stagedByEvent.TryGetValue(terms[TermHash.Fields], out var index)) return null;
        // Two event ids of one hash: the second is not in the dictionary.
        if (_staged[index].Entry.EventId != entry.EventId) index = _staged.FindIndex(staged => staged.Entry.EventId == entry.EventId);
        if (index < 0) return null;
        var staged = _staged[index];
        var same = staged.Entry.Encoded.Span.SequenceEqual(entry.Encoded.Span) && staged.Entry.Payload.Span.SequenceEqual(entry.Payload.Span);
        return new AppendOutcome(staged.Receipt with { IsDuplicate = true }, IsConflict: !same);
    }

    private void StageOwn(PreparedEntry entry, AuditRecordKind kind = AuditRecordKind.Entry) => Stage(entry, TermHash.Of([entry])[0], kind);

    private AuditReceipt Stage(PreparedEntry entry, in IndexEntry.TermHashes terms, AuditRecordKind kind = AuditRecordKind.Entry)
    {
        var size = _records.Measure(entry);
        var frame = _recordBuffer.Reserve(AuditFormat.FrameHeaderSize + size);
        var (length, leaf) = _records.Write(frame[AuditFormat.FrameHeaderSize..], entry, _now, kind);
        return Staging(entry, terms, frame, length, leaf);
    }

    private AuditReceipt StageRotation(PreparedEntry entry, in IndexEntry.TermHashes terms, AuditKey key)
    {
        var frame = _recordBuffer.Reserve(AuditFormat.FrameHeaderSize + AuditFormat.MaxRecordBytes);
        var (length, leaf) = _records.WriteRotation(frame[AuditFormat.FrameHeaderSize..], entry, _now, key);
        _recordBuffer.GiveBack(AuditFormat.MaxRecordBytes - length);
        return Staging(entry, terms, frame, length, leaf);
    }

    private AuditReceipt Staging(PreparedEntry entry, in IndexEntry.TermHashes terms, Span<byte> frame, int length, in Digest leaf)
    {
        AuditFormat.WriteFrameHeader(frame, length);
        var active = _segments.Active!;
        _stagedIndex.Add(new IndexEntry
        {
            RecordOffset = (uint)(active.RecordBytes + _recordBuffer.Length - AuditFormat.FrameHeaderSize - length),
            PayloadOffset = (uint)(active.PayloadBytes + _payloadBuffer.Length),
            RecordedAt = _now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks,
            Terms = terms,
        });

        var sequence = _records.Head.Size - 1;
        if (!entry.Payload.IsEmpty) PayloadFrame.Write(_payloadBuffer.Reserve(PayloadFrame.Size(entry.Payload.Length)), sequence, entry);
        _frontier.Append(leaf, _stageNode);
        var receipt = new AuditReceipt(sequence, leaf);
        _stagedByEvent.TryAdd(terms[TermHash.Fields], _staged.Count);
        _staged.Add(new Staged(entry, receipt));
        return receipt;
    }

    private void Write(Segment active)
    {
        try
        {
            RandomAccess.Write(active.Records, _recordBuffer.Written, active.RecordBytes);
            if (_payloadBuffer.Length > 0) RandomAccess.Write(active.Payloads, _payloadBuffer.Written, active.PayloadBytes);
            _tree.Write(_treeBuffer.Written, DurableHead.Size);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // What reached the files is cut off again, so that the next batch starts on a clean end.
            RandomAccess.SetLength(active.Records, active.RecordBytes);
            RandomAccess.SetLength(active.Payloads, active.PayloadBytes);
            // .NET reports a file that may not grow any more as an argument.
            if (e is ArgumentOutOfRangeException) throw new IOException(e.Message, e);
            throw;
        }
    }

    private void Flush(Segment active)
    {
        try
        {
            if (_payloadBuffer.Length == 0)
            {
                RandomAccess.FlushToDisk(active.Records);
                return;
            }

            var payloads = Task.Run(() => RandomAccess.FlushToDisk(active.Payloads));
            RandomAccess.FlushToDisk(active.Records);
            payloads.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlushFailedException(e);
        }
    }

    // The index of the complete segment is written aside; until it is there, the one in memory serves.
    private void Roll()
    {
        _tree.Flush();
        _segments.SealActive(_files, DurableHead.LastLeaf);
    }

    private void Clear()
    {
        _stagedByEvent.Clear();
        _staged.Clear();
        _stagedIndex.Clear();
        _recordBuffer.Clear();
        _payloadBuffer.Clear();
        _treeBuffer.Clear();
    }

    private PreparedEntry SystemEntry(string eventId, string action, int attempt) =>
        PreparedEntry.Create(
            new AuditEntry { EventId = eventId, Time = _now == default ? _time.GetUtcNow() : _now, Action = action, Actor = AuditActor.System, Subject = AuditFormat.Origin(LogId), Attempt = attempt },
            scrubber: null, maxPayloadBytes: 0);

    private readonly record struct Staged(PreparedEntry Entry, AuditReceipt Receipt);
}
