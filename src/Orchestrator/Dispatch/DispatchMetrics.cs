using System.Diagnostics.Metrics;
using Names = Loomflow.LoomTelemetry.Runs;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>What sending steps to workers measures.</summary>
internal static class DispatchMetrics
{
    private static readonly Counter<long> s_retries = LoomTelemetry.Meter.CreateCounter<long>(Names.DispatchRetries, "{call}", "Calls of workers after which a step was sent again.");

    public static void Retried(string reason) => s_retries.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
