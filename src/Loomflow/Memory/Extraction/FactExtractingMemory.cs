using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow;

/// <summary>
/// A memory that learns facts from what it remembers, in the background: remembering never waits for it. At most
/// <see cref="FactExtractionOptions.Capacity"/> episodes wait. Draining or disposing works off what is waiting; the memory inside stays the caller's.
/// </summary>
public sealed partial class FactExtractingMemory : DelegatingMemory, IAsyncDisposable, IDisposable
{
    private readonly IFactExtractor _extractor;
    private readonly FactExtractionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<(PartitionKey Partition, Episode Episode)> _waiting;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _workers;
    private long _extracted;
    private long _failed;
    private long _dropped;
    private volatile string? _lastFailure;

    /// <summary>Creates the memory and begins to wait for episodes.</summary>
    /// <param name="inner">Where everything is kept.</param>
    /// <param name="extractor">Finds the facts.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of episodes that failed or found no place.</param>
    public FactExtractingMemory(
        IMemory inner,
        IFactExtractor extractor,
        FactExtractionOptions? options = null,
        TimeProvider? time = null,
        ILogger<FactExtractingMemory>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(extractor);
        Inner = inner;
        _extractor = extractor;
        _options = (options ?? new FactExtractionOptions()).Validated();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<FactExtractingMemory>.Instance;
        _waiting = Channel.CreateBounded<(PartitionKey, Episode)>(_options.Capacity);

        // Whoever happens to create the memory may be inside a run, and the workers belong to none.
        using (ExecutionContext.SuppressFlow())
        {
            _workers = Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(_ => Task.Run(WorkAsync)));
        }
    }

    /// <summary>How it goes.</summary>
    public FactExtractionStatus Status => new(
        _waiting.Reader.Count, Interlocked.Read(ref _extracted), Interlocked.Read(ref _failed), Interlocked.Read(ref _dropped), _lastFailure);

    /// <inheritdoc />
    protected override IMemory Inner { get; }

    /// <inheritdoc />
    public override async ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
    {
        await Inner.RememberAsync(partition, episode, cancellationToken).ConfigureAwait(false);
        MemoryMetrics.ExtractionPending(1);
        if (_waiting.Writer.TryWrite((partition, episode))) return;
        MemoryMetrics.ExtractionPending(-1);
        Failed("dropped", partition, episode, exception: null);
    }

    /// <summary>Takes no more episodes, works off those that wait for at most <see cref="FactExtractionOptions.DrainTimeout"/>, and drops the rest.</summary>
    /// <param name="cancellationToken">Drops the rest at once.</param>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _workers.WaitAsync(_options.DrainTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            await _workers.ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="DrainAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await DrainAsync().ConfigureAwait(false);

    /// <summary>As <see cref="DisposeAsync"/>, without waiting for anything: what waits is dropped.</summary>
    public void Dispose()
    {
        _waiting.Writer.TryComplete();
        _closing.Cancel();
    }

    private async Task WorkAsync()
    {
        await foreach (var (partition, episode) in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            MemoryMetrics.ExtractionPending(-1);
            if (_closing.IsCancellationRequested)
            {
                Failed("dropped", partition, episode, exception: null);
                continue;
            }

            try
            {
                await ExtractAsync(partition, episode).ConfigureAwait(false);
                MemoryMetrics.Extraction("extracted");
                Interlocked.Increment(ref _extracted);
                _lastFailure = null;
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                Failed("dropped", partition, episode, exception: null);
            }
            catch (Exception failure)
            {
                Failed("failed", partition, episode, failure);
            }
        }
    }

    private async Task ExtractAsync(PartitionKey partition, Episode episode)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        using var timer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), deadline, _options.Timeout, Timeout.InfiniteTimeSpan);

        // WaitAsync as well: an extractor may not look at the token.
        var facts = await _extractor.ExtractAsync(partition, episode, deadline.Token).AsTask().WaitAsync(deadline.Token).ConfigureAwait(false);
        foreach (var (fact, number) in facts.Take(_options.MaxFactsPerEpisode).Select((fact, number) => (fact, number)))
        {
            var learnt = new Fact
            {
                Id = $"fact_{episode.Id}_{number}",
                Subject = fact.Subject,
                Predicate = fact.Predicate,
                Object = fact.Object,
                Confidence = fact.Confidence,
                ValidFrom = episode.OccurredAt,
                RecordedAt = _time.GetUtcNow(),
                Sources = [episode.Id],
            };
            if (await Inner.LearnFromAsync(partition, episode.Id, learnt, deadline.Token).ConfigureAwait(false) is null) return;
        }
    }

    private void Failed(string outcome, PartitionKey partition, Episode episode, Exception? exception)
    {
        MemoryMetrics.Extraction(outcome);
        Interlocked.Increment(ref exception is null ? ref _dropped : ref _failed);
        _lastFailure = exception?.GetType().Name ?? outcome;
        if (exception is null) Log.Dropped(_logger, episode.Id);
        else Log.Failed(_logger, exception, episode.Id);
        try
        {
            _options.OnFailure?.Invoke(new FactExtractionFailure(partition, episode.Id, exception));
        }
        catch (Exception failure)
        {
            Log.CallbackFailed(_logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No facts were taken from episode {Episode}: extraction failed.")]
        public static partial void Failed(ILogger logger, Exception failure, string episode);

        [LoggerMessage(LogLevel.Warning, "No facts were taken from episode {Episode}: too many were waiting, or memory was closed.")]
        public static partial void Dropped(ILogger logger, string episode);

        [LoggerMessage(LogLevel.Error, "OnFailure of fact extraction threw.")]
        public static partial void CallbackFailed(ILogger logger, Exception failure);
    }
}
