using System.Diagnostics.Metrics;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Names = Loomflow.LoomTelemetry.AuditLog;

namespace Loomflow.Aspire.AuditService;

/// <summary>What the service counts as it works.</summary>
internal static class AuditMetrics
{
    private static readonly Counter<long> s_entries = LoomTelemetry.Meter.CreateCounter<long>(Names.Entries, "{entry}", "Entries that were answered");
    private static readonly Histogram<double> s_commit = LoomTelemetry.Meter.CreateHistogram(Names.CommitDuration, "s", "Duration of a group commit, flush included", advice: Durations.Short);
    private static readonly Counter<long> s_failures = LoomTelemetry.Meter.CreateCounter<long>(Names.VerificationFailures, "{verification}", "Verifications that found damage");

    public static void Committed(List<PendingAppend> batch, TimeSpan duration)
    {
        if (s_commit.Enabled) s_commit.Record(duration.TotalSeconds);
        if (!s_entries.Enabled) return;
        var (appended, duplicates, conflicts) = (0L, 0L, 0L);
        foreach (var outcome in batch.SelectMany(append => append.Outcomes))
        {
            if (outcome.IsConflict) conflicts++;
            else if (outcome.Receipt.IsDuplicate) duplicates++;
            else appended++;
        }

        Add(appended, "appended");
        Add(duplicates, "duplicate");
        Add(conflicts, "conflict");
    }

    public static void Refused(List<PendingAppend> batch) => Add(batch.Sum(append => append.Entries.Length), "refused");

    public static void VerificationFailed(AuditDamage damage) => s_failures.Add(1, new KeyValuePair<string, object?>("kind", damage.Kind.ToString()));

    private static void Add(long count, string outcome)
    {
        if (count > 0) s_entries.Add(count, new KeyValuePair<string, object?>(LoomTelemetry.Attributes.Outcome, outcome));
    }
}
