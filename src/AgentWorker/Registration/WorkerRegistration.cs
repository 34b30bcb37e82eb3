using System.Reflection;
using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Redis.Workers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Registration;

/// <summary>
/// Keeps this replica in the worker directory: from the moment the server takes calls until the service is told to stop. Then it
/// leaves the directory first, and executions get time to end while the server still runs.
/// </summary>
internal sealed partial class WorkerRegistration(
    WorkerDirectory directory,
    ExecutionRegistry executions,
    HostedSteps steps,
    BoundAddress bound,
    IOptions<WorkerOptions> options,
    TimeProvider time,
    ILogger<WorkerRegistration> logger) : IHostedLifecycleService, IHealthCheck, IDisposable
{
    private readonly string _id = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}";
    private readonly CancellationTokenSource _stopping = new();
    private Task _announcing = Task.CompletedTask;
    private bool _announced;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var address = options.Value.Address ?? bound.Get();
        LogServing(address, string.Join(", ", steps.Names));
        _announcing = AnnounceAsync(address);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _announcing;
        await executions.DrainAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ready for work: in the directory and not about to stop.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_stopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The worker is stopping.")
            : Volatile.Read(ref _announced) ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The worker is not in the worker directory: Redis does not answer."));

    public void Dispose() => _stopping.Dispose();

    private async Task AnnounceAsync(Uri address)
    {
        using var timer = new PeriodicTimer(options.Value.AnnounceInterval, time);
        try
        {
            do
            {
                await TryAsync(() => directory.AnnounceAsync(Replica(address)), announced: true);
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException)
        {
            await TryAsync(() => directory.RemoveAsync(_id), announced: false);
        }
    }

    private async Task TryAsync(Func<Task> write, bool announced)
    {
        try
        {
            await write();
            Volatile.Write(ref _announced, announced);
        }
        catch (Exception away) when (away is not OperationCanceledException)
        {
            Volatile.Write(ref _announced, false);
            LogAway(away.Message);
        }
    }

    private WorkerReplica Replica(Uri address) => new()
    {
        Id = _id,
        Address = address,
        Version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        Capacity = executions.Capacity,
        Load = executions.UnderWay,
        Hosts = steps.Names,
    };

    [LoggerMessage(LogLevel.Information, "This worker is reached at {Address} and hosts {Steps}.")]
    private partial void LogServing(Uri address, string steps);

    [LoggerMessage(LogLevel.Warning, "The worker directory cannot be written: {Reason}")]
    private partial void LogAway(string reason);
}
