using System.Globalization;

namespace Loomflow;

/// <summary>Times as stores keep them: to the millisecond, UTC.</summary>
internal static class MemoryTime
{
    public static DateTimeOffset Truncate(DateTimeOffset time) => FromMilliseconds(time.ToUnixTimeMilliseconds());

    public static DateTimeOffset FromMilliseconds(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>A text that sorts as the time does.</summary>
    public static string Sortable(DateTimeOffset time) =>
        (time.UtcTicks / TimeSpan.TicksPerMillisecond).ToString("x14", CultureInfo.InvariantCulture);

    /// <summary>The time that is <paramref name="retention"/> ago, or <see langword="null"/> without a retention.</summary>
    public static DateTimeOffset? Cutoff(DateTimeOffset now, TimeSpan? retention) =>
        retention is not { } kept ? null : kept >= now - DateTimeOffset.MinValue ? DateTimeOffset.MinValue : now - kept;
}
