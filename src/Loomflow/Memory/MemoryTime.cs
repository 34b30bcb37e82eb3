using System.Globalization;

namespace Loomflow;

/// <summary>Times as stores keep them: to the millisecond, UTC.</summary>
internal static class MemoryTime
{
    public static DateTimeOffset Truncate(DateTimeOffset time) => FromMilliseconds(Milliseconds(time));

    public static DateTimeOffset FromMilliseconds(long milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);

    /// <summary>Milliseconds since the year 1: never negative, and exact as a double.</summary>
    public static long Milliseconds(DateTimeOffset time) => time.UtcTicks / TimeSpan.TicksPerMillisecond;

    /// <summary>A text that sorts as the time does.</summary>
    public static string Sortable(DateTimeOffset time) =>
        Milliseconds(time).ToString("x14", CultureInfo.InvariantCulture);

    /// <summary>The time that is <paramref name="retention"/> ago, or <see langword="null"/> without a retention.</summary>
    public static DateTimeOffset? Cutoff(DateTimeOffset now, TimeSpan? retention) =>
        retention is not { } kept ? null : kept >= now - DateTimeOffset.MinValue ? DateTimeOffset.MinValue : now - kept;
}
