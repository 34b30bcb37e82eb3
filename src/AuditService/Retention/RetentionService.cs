using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Retention;

/// <summary>Completes interrupted erasures at the start, and erases payloads that have become too old, where the options ask for it.</summary>
internal sealed partial class RetentionService(AuditLog log, LogReader reader, PayloadEraser eraser, IOptions<AuditOptions> options, TimeProvider time, ILogger<RetentionService> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await eraser.ResumeAsync(stoppingToken);
                var retention = options.Value.PayloadRetention;
                if (retention > TimeSpan.Zero && log.IsWritable && FirstNotBefore(time.GetUtcNow() - retention) is var before && IsAnythingBetween(eraser.ErasedBefore, before))
                {
                    await eraser.EraseAsync(null, null, before, "retention", $"older than {retention}", stoppingToken);
                }
            }
            catch (Exception e) when (e is IOException or AuditUnavailableException)
            {
                Log.Failed(logger, e);
            }

            await Task.Delay(s_interval, time, stoppingToken);
        }
    }

    // The records of earlier erasures become old as well, and must not call for erasures for ever.
    private bool IsAnythingBetween(long from, long before)
    {
        for (var sequence = from; sequence < before; sequence++)
        {
            if (reader.Read(sequence) is { PayloadLength: > 0, IsPayloadErased: false, Entry.Action: not AuditAction.PayloadErased }) return true;
        }

        return false;
    }

    // Times only grow but for a clock that was set back, so that this finds a place that is safe to erase up to.
    private long FirstNotBefore(DateTimeOffset time)
    {
        var (low, high) = (0L, log.Size);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (reader.Read(middle)!.RecordedAt < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Payloads could not be erased; it will be tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
