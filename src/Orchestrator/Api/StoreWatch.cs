using Loomflow.Aspire.Orchestrator.Runs;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>
/// Whether Redis answers. An outage that is shorter than one command may take is a delay to callers; from then on they are told so at once, and not one
/// after the other when each one's own command has come to nothing.
/// </summary>
internal sealed partial class StoreWatch(IConnectionMultiplexer redis, TimeProvider time, ILogger<StoreWatch> logger) : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(redis.TimeoutMilliseconds);
    private volatile bool _answered = true;
    private volatile TaskCompletionSource _away = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it has not answered for as long as a command may take.</summary>
    public bool IsAway => _away.Task.IsCompleted;

    /// <summary>Turns a caller away while it does not answer.</summary>
    /// <exception cref="RunRefusedException">It does not.</exception>
    public void Check()
    {
        if (IsAway) throw RunRefusedException.StoreAway();
    }

    /// <summary>Waits for what was asked of it, until it is known not to answer.</summary>
    /// <exception cref="RunRefusedException">It does not. What was asked may still be done.</exception>
    public async Task<T> WaitForAsync<T>(Task<T> asked)
    {
        if (await Task.WhenAny(asked, _away.Task) != asked && !asked.IsCompleted) throw RunRefusedException.StoreAway();
        return await asked;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(IsAway ? HealthCheckResult.Unhealthy("Redis does not answer.") : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        var asked = Task.CompletedTask;
        var silentSince = 0L;
        try
        {
            do
            {
                // Counted from the first question without an answer: this process, too, may have stood still.
                if (_answered) silentSince = time.GetTimestamp();
                if (asked.IsCompleted) asked = AskAsync();
                if (!IsAway && !_answered && time.GetElapsedTime(silentSince) > _patience)
                {
                    _away.TrySetResult();
                    LogAway(_patience);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task AskAsync()
    {
        _answered = false;
        try
        {
            await redis.GetDatabase().PingAsync();
        }
        catch (Exception failure) when (failure is RedisException or RedisTimeoutException or ObjectDisposedException)
        {
            return;
        }

        _answered = true;
        if (!IsAway) return;
        _away = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LogBack();
    }

    [LoggerMessage(LogLevel.Warning, "Redis has not answered for {Patience}: callers are turned away until it does.")]
    private partial void LogAway(TimeSpan patience);

    [LoggerMessage(LogLevel.Information, "Redis answers again.")]
    private partial void LogBack();
}
