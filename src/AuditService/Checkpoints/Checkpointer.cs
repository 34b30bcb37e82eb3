using System.Text;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>
/// Signs what the log has grown to, every so many entries or seconds, and when it has not grown as well. Keeps the note beside
/// the log and publishes it elsewhere.
/// </summary>
internal sealed partial class Checkpointer : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    private readonly AuditLog _log;
    private readonly IReadOnlyList<ICheckpointAnchor> _anchors;
    private readonly AuditOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Checkpointer> _logger;
    private readonly CheckpointSigner? _signer;
    private readonly SemaphoreSlim _making = new(1, 1);
    private volatile SignedCheckpoint? _latest;
    private volatile string? _problem;

    public Checkpointer(AuditLog log, IEnumerable<ICheckpointAnchor> anchors, IOptions<AuditOptions> options, TimeProvider time, ILogger<Checkpointer> logger)
    {
        (_log, _anchors, _options, _time, _logger) = (log, [.. anchors], options.Value, time, logger);
        if (log.State.Damage is not null || log.LogId == Guid.Empty) return;
        _signer = KeyRingLoader.LoadSigner(_options, log.Origin, log.FirstKey);
        if (CheckpointFile.ReadLast(log.Files.Checkpoints) is { } last) _latest = new SignedCheckpoint(last.Note, last.Checkpoint);
    }

    /// <summary>The newest checkpoint.</summary>
    public SignedCheckpoint? Latest => _latest;

    /// <summary>Why the last one could not be made or published.</summary>
    public string? Problem => _problem;

    public IReadOnlyList<ICheckpointAnchor> Anchors => _anchors;

    /// <summary>The keys that this log's checkpoints were and are signed with.</summary>
    public IReadOnlyList<CheckpointKey> ReadKeys()
    {
        var keys = CheckpointKeyFile.Read(_log.Files).ToList();
        if (_signer is not null && !keys.Any(key => key.Text == _signer.PublicKey.Text)) keys.Add(_signer.PublicKey);
        return keys;
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_signer is not null && _log.IsWritable) CheckpointKeyFile.Add(_log.Files, _signer.PublicKey);
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Makes a checkpoint of what is durable now.</summary>
    public async Task<SignedCheckpoint> MakeAsync(CancellationToken cancellationToken)
    {
        if (_signer is null) throw new AuditUnavailableException($"There are no checkpoints: {_log.State.Reason}");
        await _making.WaitAsync(cancellationToken);
        try
        {
            var (size, root) = await _log.GetTreeHeadAsync(cancellationToken);
            var now = _time.GetUtcNow();
            var checkpoint = new Checkpoint(_log.Origin, size, root, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond)));
            var signed = new SignedCheckpoint(_signer.Sign(checkpoint), checkpoint);
            CheckpointFile.Append(_log.Files.Checkpoints, signed.Note);
            _latest = signed;
            _problem = null;
            foreach (var anchor in _anchors) await PublishAsync(anchor, signed, cancellationToken);
            return signed;
        }
        finally
        {
            _making.Release();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_signer is not null && _log.IsWritable && _log.Size > (_latest?.Checkpoint.Size ?? 0))
        {
            await TryMakeAsync(cancellationToken);
        }
    }

    public override void Dispose()
    {
        _signer?.Dispose();
        _making.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_signer is null || !_log.IsWritable) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            var covered = _latest?.Checkpoint.Size ?? 0;
            if (await WaitForAsync(covered, _options.IdleCheckpointInterval, stoppingToken))
            {
                await WaitForAsync(covered + _options.CheckpointEntries - 1, _options.CheckpointInterval, stoppingToken);
            }

            if (!await TryMakeAsync(stoppingToken)) await Task.Delay(s_retry, _time, stoppingToken);
        }
    }

    private async Task<bool> TryMakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MakeAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or AuditUnavailableException)
        {
            _problem = $"no checkpoint could be made: {e.Message}";
            Log.Failed(_logger, e);
            return false;
        }
    }

    private async Task PublishAsync(ICheckpointAnchor anchor, SignedCheckpoint signed, CancellationToken cancellationToken)
    {
        try
        {
            await anchor.PublishAsync(_log.Origin, signed.Note, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next one covers this one too, so nothing needs to be kept.
            _problem = $"{anchor.Name} could not be written: {e.Message}";
            Log.NotPublished(_logger, anchor.Name, e);
        }
    }

    private async Task<bool> WaitForAsync(long size, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var grown = _log.WaitForMoreThanAsync(size, waiting.Token);
        var delay = Task.Delay(timeout, _time, waiting.Token);
        var first = await Task.WhenAny(grown, delay);
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == grown;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "No checkpoint could be made")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "{Anchor} could not be reached")]
        public static partial void NotPublished(ILogger logger, string anchor, Exception exception);
    }
}
