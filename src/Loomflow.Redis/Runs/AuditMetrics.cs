using System.Diagnostics.Metrics;
using Names = Loomflow.LoomTelemetry.AuditLog;

namespace Loomflow.Redis.Runs;

/// <summary>What the sender of audit entries measures.</summary>
internal static class AuditMetrics
{
    private static readonly Histogram<double> s_append = LoomTelemetry.Meter.CreateHistogram(Names.AppendDuration, "s", "From an event's journaling to the acknowledgement of its entry.", advice: Durations.Short);
    private static readonly UpDownCounter<long> s_backlog = LoomTelemetry.Meter.CreateUpDownCounter<long>(Names.Backlog, "{event}", "Journaled events whose entries are not acknowledged yet.");

    public static void Waiting(int change) => s_backlog.Add(change);

    public static void Appended(TimeSpan duration) => s_append.Record(duration.TotalSeconds);
}
