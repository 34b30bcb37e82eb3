using System.Diagnostics.Metrics;
using Names = Loomflow.LoomTelemetry.Worker;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>How much this worker has to do, as metrics, for as long as the service runs.</summary>
internal sealed class WorkerGauges : IHostedService, IDisposable
{
    private readonly Meter _meter = new(LoomTelemetry.Name);

    public WorkerGauges(ExecutionRegistry executions)
    {
        _meter.CreateObservableGauge(Names.Load, () => executions.UnderWay, "{step}", "Steps that are carried out.");
        _meter.CreateObservableGauge(Names.Capacity, () => executions.Capacity, "{step}", "Steps that can be carried out at the same time.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();
}
