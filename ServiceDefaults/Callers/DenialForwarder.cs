using Loomflow.Audit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Takes denials to the audit log, where the service has one, and to the service's own log.</summary>
internal sealed partial class DenialForwarder(Denials denials, IServiceProvider services, TimeProvider time, ILogger<DenialForwarder> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var audit = services.GetService<IAuditLog>();
        await foreach (var entry in denials.Pending.ReadAllAsync(stoppingToken))
        {
            LogDenied(entry.Subject!, entry.Partition.ToString());
            while (audit is not null && !await TryAppendAsync(audit, entry, stoppingToken)) await Task.Delay(s_pause, time, stoppingToken);
        }
    }

    private async Task<bool> TryAppendAsync(IAuditLog audit, AuditEntry entry, CancellationToken stoppingToken)
    {
        try
        {
            await audit.AppendAsync(entry, stoppingToken);
            return true;
        }
        catch (Exception failure) when (failure is AuditException or ArgumentException)
        {
            LogNotTaken(failure.Message);

            // What the log finds wrong with an entry stays wrong.
            return failure is not AuditUnavailableException;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Denied: {AskedFor}, for {User}.")]
    private partial void LogDenied(string askedFor, string user);

    [LoggerMessage(LogLevel.Warning, "The audit log does not take a denial: {Reason}")]
    private partial void LogNotTaken(string reason);
}
