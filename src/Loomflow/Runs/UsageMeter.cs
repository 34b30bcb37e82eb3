namespace Loomflow;

/// <summary>
/// Counts what a run consumes. A nested run's meter passes everything on to the meter of the run around it, so that
/// usage can be read at any level and nothing is counted twice. Safe for concurrent use.
/// </summary>
public sealed class UsageMeter(UsageMeter? parent = null)
{
    private readonly Lock _lock = new();
    private Usage _total = Usage.None;

    /// <summary>Everything added so far, here and in nested runs.</summary>
    public Usage Total
    {
        get { lock (_lock) return _total; }
    }

    /// <summary>Adds to this meter and to those of the runs around it.</summary>
    public void Add(Usage usage)
    {
        for (var meter = this; meter is not null; meter = meter.Parent)
        {
            lock (meter._lock) meter._total += usage;
        }
    }

    private UsageMeter? Parent { get; } = parent;
}
