using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Run;

/// <summary>Runs the health checks of one replica: often until it is healthy, seldom from then on.</summary>
internal sealed class HealthMonitor(
    IResource resource, Replica replica, IServiceProvider services, Func<ImmutableArray<HealthReportSnapshot>, Task> publish, Func<Task> onFirstHealthy, CancellationToken ended)
{
    private static readonly TimeSpan s_untilHealthy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_onceHealthy = TimeSpan.FromSeconds(5);

    private readonly string[] _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key)];

    public async Task RunAsync()
    {
        var wasReady = false;
        try
        {
            while (!ended.IsCancellationRequested)
            {
                var isHealthy = _keys.Length == 0 || await CheckAsync();
                if (isHealthy && !wasReady)
                {
                    wasReady = true;
                    await onFirstHealthy();
                }

                if (_keys.Length == 0) return;
                await Task.Delay(isHealthy ? s_onceHealthy : s_untilHealthy, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The resource ended.
        }
    }

    private async Task<bool> CheckAsync()
    {
        CheckedReplica.Current = new CheckedReplica(resource, replica);
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => _keys.Contains(check.Name), ended);
        await publish([.. report.Entries.Select(entry =>
            new HealthReportSnapshot(entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.ToString()))]);
        return report.Status is HealthStatus.Healthy;
    }
}
