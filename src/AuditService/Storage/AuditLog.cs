using System.Diagnostics;
using System.Threading.Channels;
using Loomflow.Audit;
using Loomflow.Security;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// The log of this service: takes appends from any number of callers, commits them in groups on one thread, and answers
/// each once it is on disk.
/// </summary>
internal sealed partial class AuditLog : IAuditLog, IAsyncDisposable
{
    private const int MaxBatchEntries = 8_192;
    private const int MaxBatchBytes = 4 * 1024 * 1024;

    private readonly AuditOptions _options;
    private readonly SecretScrubber? _scrubber;
    private readonly ILogger<AuditLog> _logger;
    private readonly Channel<object> _queue;
    private readonly WriterLock? _lock;
    private readonly HeadFile? _headFile;
    private readonly LogWriter? _writer;
    private readonly SegmentSet? _segments;
    private readonly TreeFile? _tree;
    private readonly Task _loop = Task.CompletedTask;
    private volatile LogState _state;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AuditLog(AuditOptions options, LogFiles files, AuditKeyRing keys, TimeProvider time, ILogger<AuditLog> logger, Func<RecoveredLog, AuditDamage?>? compare = null)
    {
        (_options, Files, Keys, _logger) = (options, files, keys, logger);
        _scrubber = options.ScrubSecrets ? CreateScrubber(options) : null;
        _queue = Channel.CreateBounded<object>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
        _state = LogState.Open;
        try
        {
            RecoveredLog recovered;
            try
            {
                Directory.CreateDirectory(files.Segments);
                _lock = WriterLock.Acquire(files);
                recovered = new LogRecovery(files, keys, writable: true).Recover();
                if (compare?.Invoke(recovered) is { } damage) throw new LogDamagedException(damage);
                _segments = new SegmentSet(recovered);
                _segments.SealRecovered(files);
                _headFile = HeadFile.Open(files);
                _writer = new LogWriter(files, options, recovered, _segments, _headFile, time);
                _writer.Open();
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                _state = LogState.ReadOnly($"the log cannot be written: {e.Message}");
                Log.NotWritable(logger, files.Root, e);
                recovered = new LogRecovery(files, keys, writable: false).Recover();
                _segments = new SegmentSet(recovered);
                _writer = null;
            }

            _tree = recovered.Tree;
            LogId = _writer?.LogId ?? recovered.LogId;
            FirstKey = recovered.FirstKey;
            foreach (var repair in recovered.Repairs) Log.Repaired(logger, repair);
            Log.Opened(logger, LogId, _segments.Size, files.Root);
        }
        catch (Exception e) when (e is LogDamagedException or IOException or UnauthorizedAccessException)
        {
            _state = LogState.Damaged(e.Message, (e as LogDamagedException)?.Damage);
            FirstKey = keys.Keys[0];
            Log.Refused(logger, e.Message);
        }

        if (_writer is not null) _loop = Task.Factory.StartNew(CommitLoop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public LogFiles Files { get; }

    public AuditKeyRing Keys { get; }

    public Guid LogId { get; }

    /// <summary>The key of the first record.</summary>
    public AuditKey FirstKey { get; }

    public string Origin => AuditFormat.Origin(LogId);

    public LogState State => _state;

    public AuditKey ActiveKey => _writer?.Key ?? FirstKey;

    /// <summary>How many records are durable.</summary>
    public long Size => _segments?.Size ?? 0;

    public long ClockRegressions => _writer?.ClockRegressions ?? 0;

    /// <summary>Held while payloads are overwritten, and while they are verified: half an erasure would look like damage.</summary>
    public SemaphoreSlim PayloadAccess { get; } = new(1, 1);

    /// <summary>How many appends wait for the disk.</summary>
    public int QueueDepth => _queue.Reader.Count;

    public SegmentSet Segments => _segments ?? throw Unavailable();

    public IMerkleNodes Tree => _tree ?? throw Unavailable();

    public bool IsWritable => _writer is not null && _state.CanWrite;

    public async ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        var outcomes = await AppendAsync([Prepare(entry)], cancellationToken);
        return outcomes[0].IsConflict ? throw new AuditConflictException(entry.EventId, outcomes[0].Receipt.Sequence) : outcomes[0].Receipt;
    }

    public async ValueTask<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
    {
        var outcomes = await AppendAsync([.. entries.Select(Prepare)], cancellationToken);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].IsConflict) throw new AuditConflictException(entries[i].EventId, outcomes[i].Receipt.Sequence);
        }

        return [.. outcomes.Select(outcome => outcome.Receipt)];
    }

    /// <summary>Scrubs, encodes and commits to the payload, on the caller's thread.</summary>
    public PreparedEntry Prepare(AuditEntry entry) => PreparedEntry.Create(entry, _scrubber, _options.MaxPayloadBytes);

    public Task<AppendOutcome[]> AppendAsync(PreparedEntry[] entries, CancellationToken cancellationToken) =>
        EnqueueAsync(new PendingAppend(entries), cancellationToken);

    /// <summary>Hands over to another key of the ring.</summary>
    public async Task<AuditReceipt> RotateAsync(AuditKey newKey, PreparedEntry entry, CancellationToken cancellationToken) =>
        (await EnqueueAsync(new PendingAppend([entry]) { RotateTo = newKey }, cancellationToken))[0].Receipt;

    /// <summary>The size and root of what is durable now.</summary>
    public async Task<(long Size, Digest Root)> GetTreeHeadAsync(CancellationToken cancellationToken)
    {
        if (_writer is null) return (Size, MerkleTree.Root(Size, Tree));
        var request = new TaskCompletionSource<(long, Digest)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await WriteAsync(request, cancellationToken);
        return await request.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Stops writing: what verification or an anchor found must not be built upon.</summary>
    public void MarkDamaged(AuditDamage damage)
    {
        if (_state.Damage is null) _state = LogState.Damaged(damage.ToString(), damage);
    }

    /// <summary>Completes once the log has more than <paramref name="size"/> records.</summary>
    public async Task WaitForMoreThanAsync(long size, CancellationToken cancellationToken)
    {
        while (true)
        {
            var grown = Volatile.Read(ref _grown);
            if (Size > size) return;
            await grown.Task.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _writer?.Dispose();
        _headFile?.Dispose();
        _segments?.Dispose();
        _tree?.Dispose();
        _lock?.Dispose();
        PayloadAccess.Dispose();
    }

    private async Task<AppendOutcome[]> EnqueueAsync(PendingAppend request, CancellationToken cancellationToken)
    {
        if (request.Entries.Length == 0) return [];
        await WriteAsync(request, cancellationToken);
        return await request.Completion.WaitAsync(cancellationToken);
    }

    private async ValueTask WriteAsync(object request, CancellationToken cancellationToken)
    {
        if (_writer is null || _state.IsFinal) throw Unavailable();
        try
        {
            await _queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw Unavailable();
        }
    }

    private void CommitLoop()
    {
        var batch = new List<PendingAppend>();
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            var key = _writer!.Key;
            try
            {
                if (_state.IsFinal) throw Unavailable();
                Commit(batch, key);
            }
            catch (Exception e)
            {
                Fail(batch, e, key);
            }

            batch.Clear();
        }
    }

    private void Commit(List<PendingAppend> batch, AuditKey key)
    {
        var entries = 0;
        var began = false;
        var started = Stopwatch.GetTimestamp();
        while (entries < MaxBatchEntries && _writer!.StagedBytes < MaxBatchBytes && _queue.Reader.TryRead(out var item))
        {
            if (item is TaskCompletionSource<(long, Digest)> head)
            {
                head.TrySetResult((_writer.DurableHead.Size, _writer.DurableRoot()));
                continue;
            }

            var request = (PendingAppend)item;
            batch.Add(request);
            if (!began) _writer.Begin();
            began = true;
            _writer.Stage(request);
            entries += request.Entries.Length;
        }

        if (!began) return;
        _writer!.Commit();
        if (!ReferenceEquals(_state, LogState.Open) && !_state.IsFinal)
        {
            _state = LogState.Open;
            Log.WritableAgain(_logger);
        }

        AuditMetrics.Committed(batch, Stopwatch.GetElapsedTime(started));
        foreach (var request in batch) request.Complete();
        Interlocked.Exchange(ref _grown, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private void Fail(List<PendingAppend> batch, Exception exception, AuditKey key)
    {
        _writer!.Rollback(key);
        _state = exception switch
        {
            IOException or UnauthorizedAccessException when !_state.IsFinal => LogState.Full($"the disk refuses writes: {exception.Message}"),
            AuditUnavailableException => _state,
            _ when _state.IsFinal => _state,
            _ => LogState.Failed(exception.Message),
        };
        Log.CommitFailed(_logger, batch.Count, exception.Message);
        var answer = exception as AuditUnavailableException ?? new AuditUnavailableException($"The audit log cannot take entries now: {_state.Reason}.", exception);
        AuditMetrics.Refused(batch);
        foreach (var request in batch) request.Fail(answer);

        // Whoever else waits must not wait for a log that will not write again.
        while (_state.IsFinal && _queue.Reader.TryRead(out var item))
        {
            if (item is PendingAppend request) request.Fail(answer);
            else ((TaskCompletionSource<(long, Digest)>)item).TrySetException(answer);
        }
    }

    private AuditUnavailableException Unavailable() =>
        new($"The audit log cannot take entries: {_state.Reason ?? "it is closing"}.");

    private static SecretScrubber CreateScrubber(AuditOptions options)
    {
        var scrubber = new SecretScrubberOptions();
        foreach (var pattern in options.SecretPatterns) scrubber.Patterns.Add(pattern);
        foreach (var name in options.SecretPropertyNames) scrubber.PropertyNames.Add(name);
        return new SecretScrubber(scrubber);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Audit log {LogId} opened with {Size} records in {Directory}")]
        public static partial void Opened(ILogger logger, Guid logId, long size, string directory);

        [LoggerMessage(LogLevel.Warning, "Recovery {Repair}")]
        public static partial void Repaired(ILogger logger, string repair);

        [LoggerMessage(LogLevel.Critical, "{Problem}")]
        public static partial void Refused(ILogger logger, string problem);

        [LoggerMessage(LogLevel.Critical, "The audit log in {Directory} cannot be written; it serves reads only")]
        public static partial void NotWritable(ILogger logger, string directory, Exception exception);

        [LoggerMessage(LogLevel.Error, "{Count} appends were refused: {Problem}")]
        public static partial void CommitFailed(ILogger logger, int count, string problem);

        [LoggerMessage(LogLevel.Information, "The audit log takes entries again")]
        public static partial void WritableAgain(ILogger logger);
    }
}
