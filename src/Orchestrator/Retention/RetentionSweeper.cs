using Loomflow.Redis.Runs;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Retention;

/// <summary>Removes what is due, again and again. Every orchestrator does; they do not get into each other's way.</summary>
internal sealed partial class RetentionSweeper(RunRetention retention, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionSweeper> logger) : BackgroundService
{
    private const int Batch = 100;

    /// <summary>Removes what is due now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (options.Value.Runs is { } runs)
        {
            while (await retention.RemoveAsync(now - runs, Batch) == Batch) cancellationToken.ThrowIfCancellationRequested();
        }

        if (options.Value.Journals is { } journals)
        {
            while (await retention.TrimAsync(now - journals, Batch) == Batch) cancellationToken.ThrowIfCancellationRequested();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    LogAway(failure.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is due to be removed stays for now: {Reason}")]
    private partial void LogAway(string reason);
}
