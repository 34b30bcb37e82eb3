using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>Verifies the whole log when the service starts, on schedule and on request, and remembers the result.</summary>
internal sealed partial class VerificationService(AuditLog log, Checkpointer checkpointer, IOptions<AuditOptions> options, TimeProvider time, ILogger<VerificationService> logger) : BackgroundService
{
    private volatile LastVerification? _last;

    /// <summary>What the last verification found; null until the first is done.</summary>
    public LastVerification? Last => _last;

    /// <summary>Verifies what is durable now.</summary>
    /// <param name="progress">Told how many records are verified, and how many there are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<AuditVerification> VerifyAsync(Action<long, long>? progress, CancellationToken cancellationToken)
    {
        await log.PayloadAccess.WaitAsync(cancellationToken);
        try
        {
            var started = time.GetTimestamp();
            var size = log.Size;
            var verification = new LogVerification(log.Files, log.Keys, checkpointer.ReadKeys())
            {
                Anchors = await ReadAnchorsAsync(cancellationToken),
                // A log that could not be opened is verified to its end, whatever that is.
                Limit = log.State.Damage is null && size > 0 ? size : null,
                Progress = verified => progress?.Invoke(verified, size),
            };
            var result = await verification.RunAsync(cancellationToken);
            var elapsed = time.GetElapsedTime(started);
            _last = new LastVerification(result, time.GetUtcNow(), elapsed);
            if (result.Damage is { } damage)
            {
                log.MarkDamaged(damage);
                AuditMetrics.VerificationFailed(damage);
                Log.Damaged(logger, damage);
            }
            else
            {
                Log.Intact(logger, result.Entries, elapsed.TotalMilliseconds);
            }

            return result;
        }
        finally
        {
            log.PayloadAccess.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await VerifyAsync(null, stoppingToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogDamagedException)
            {
                Log.Failed(logger, e);
            }

            if (options.Value.VerificationInterval <= TimeSpan.Zero) return;
            await Task.Delay(options.Value.VerificationInterval, time, stoppingToken);
        }
    }

    private async Task<IReadOnlyList<(string, string)>> ReadAnchorsAsync(CancellationToken cancellationToken)
    {
        var anchors = new List<(string, string)>();
        foreach (var anchor in checkpointer.Anchors)
        {
            try
            {
                anchors.Add((anchor.Name, await anchor.ReadAsync(log.Origin, cancellationToken)));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.AnchorUnreadable(logger, anchor.Name, e);
            }
        }

        return anchors;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The audit log is intact: {Entries} records verified in {Milliseconds} ms")]
        public static partial void Intact(ILogger logger, long entries, double milliseconds);

        [LoggerMessage(LogLevel.Critical, "The audit log is damaged: {Damage}")]
        public static partial void Damaged(ILogger logger, AuditDamage damage);

        [LoggerMessage(LogLevel.Error, "The audit log could not be verified")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "{Anchor} could not be read")]
        public static partial void AnchorUnreadable(ILogger logger, string anchor, Exception exception);
    }
}
