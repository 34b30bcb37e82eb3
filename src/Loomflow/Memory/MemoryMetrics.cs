using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Loomflow;

/// <summary>What memory measures.</summary>
internal static class MemoryMetrics
{
    private static readonly Histogram<double> s_duration = LoomTelemetry.Meter.CreateHistogram(
        LoomTelemetry.Memory.OperationDuration, "s", "Duration of calls of a memory store.", advice: Durations.Short);

    private static readonly Counter<long> s_embeddingFailures = LoomTelemetry.Meter.CreateCounter<long>(
        LoomTelemetry.Memory.EmbeddingFailures, "{text}", "Texts that the embedder gave no vector for.");

    private static readonly Counter<long> s_extractions = LoomTelemetry.Meter.CreateCounter<long>(
        LoomTelemetry.Memory.Extractions, "{episode}", "Episodes that facts were to be taken from, by outcome.");

    private static readonly UpDownCounter<long> s_pending = LoomTelemetry.Meter.CreateUpDownCounter<long>(
        LoomTelemetry.Memory.ExtractionsPending, "{episode}", "Episodes that wait for facts to be taken from them.");

    private static readonly Counter<long> s_indexReads = LoomTelemetry.Meter.CreateCounter<long>(
        LoomTelemetry.Memory.IndexReads, "{read}", "How indexes of single users were brought up to date.");

    public static void EmbeddingFailed() => s_embeddingFailures.Add(1);

    public static void Extraction(string outcome) => s_extractions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void ExtractionPending(int change) => s_pending.Add(change);

    public static void IndexRead(string kind) => s_indexReads.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>Carries out an operation of a store and records how long it took and whether it failed.</summary>
    public static async ValueTask<T> MeasureAsync<T>(string store, string operation, Func<ValueTask<T>> call)
    {
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            error = failure.GetType().FullName;
            throw;
        }
        finally
        {
            var tags = new TagList { { "store", store }, { "operation", operation } };
            if (error is not null) tags.Add(LoomTelemetry.Attributes.ErrorType, error);
            s_duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }
}
