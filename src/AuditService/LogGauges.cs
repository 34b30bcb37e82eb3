using System.Diagnostics.Metrics;
using Names = Loomflow.LoomTelemetry.AuditLog;

namespace Loomflow.Aspire.AuditService;

/// <summary>The state of the log as metrics, for as long as the service runs.</summary>
internal sealed class LogGauges : IHostedService, IDisposable
{
    private readonly Meter _meter = new(LoomTelemetry.Name);

    public LogGauges(LogStatus status, TimeProvider time)
    {
        _meter.CreateObservableGauge(Names.Size, () => status.Get().Size, "{record}", "Records in the log");
        _meter.CreateObservableGauge(Names.QueueDepth, () => (long)status.Get().QueueDepth, "{append}", "Appends that wait for the disk");
        _meter.CreateObservableGauge(
            Names.CheckpointAge, () => status.Get().Checkpoint is { } checkpoint ? [new Measurement<double>((time.GetUtcNow() - checkpoint.Time).TotalSeconds)] : Array.Empty<Measurement<double>>(), "s", "Age of the newest checkpoint");
        _meter.CreateObservableGauge(
            Names.VerifiedSequence, () => status.Get().LastVerifiedSequence is { } sequence ? [new Measurement<long>(sequence)] : Array.Empty<Measurement<long>>(), "{record}", "Last record that was found intact");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();
}
