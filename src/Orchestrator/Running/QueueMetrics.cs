using System.Diagnostics.Metrics;
using System.Globalization;
using Loomflow.Redis.Queue;
using Names = Loomflow.LoomTelemetry.Runs;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>What an orchestrator measures of the queue of runs.</summary>
internal sealed class QueueMetrics : IDisposable
{
    private readonly Meter _meter = new(LoomTelemetry.Name);
    private readonly TimeProvider _time;
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _takeovers;
    private long _waiting = -1;

    public QueueMetrics(TimeProvider time)
    {
        _time = time;
        _delay = _meter.CreateHistogram(Names.QueueDelay, "s", "How long runs are in the queue.", advice: Durations.Short);
        _takeovers = _meter.CreateCounter<long>(Names.Takeovers, "{run}", "Runs taken over from an orchestrator that is gone.");
        _meter.CreateObservableGauge(Names.Queued, Waiting, "{run}", "Runs in the queue that nobody has taken.");
    }

    /// <summary>What the queue holds was looked at.</summary>
    public void Counted(long waiting) => Volatile.Write(ref _waiting, waiting);

    public void TakenOver() => _takeovers.Add(1);

    /// <summary>
    /// A run was taken: a new one that stood in line since it was accepted, or one that goes on. The id of its entry begins with the time at which it was put into the
    /// queue, in milliseconds, by Redis's clock.
    /// </summary>
    public void Taken(QueuedRun run)
    {
        if (!_delay.Enabled) return;
        var since = run.Header is { } accepted ? accepted.CreatedAt.ToUnixTimeMilliseconds() : long.Parse(run.Entry.AsSpan(0, run.Entry.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        _delay.Record(Math.Max(0, (_time.GetUtcNow().ToUnixTimeMilliseconds() - since) / 1_000d));
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Waiting() => Volatile.Read(ref _waiting) is >= 0 and var waiting ? [new Measurement<long>(waiting)] : [];
}
