namespace Loomflow;

/// <summary>The windows in which spending is counted.</summary>
internal static class BudgetWindow
{
    /// <summary>When the window around a time began: windows are aligned to the Unix epoch.</summary>
    public static DateTimeOffset Start(DateTimeOffset now, TimeSpan window)
    {
        var since = now - DateTimeOffset.UnixEpoch;
        return DateTimeOffset.UnixEpoch + window * Math.Floor(since / window);
    }

    /// <summary>How long a reservation that is not settled counts, where nothing else is said.</summary>
    public static TimeSpan ReservationLifetime(TimeSpan? chosen)
    {
        var lifetime = chosen ?? TimeSpan.FromMinutes(15);
        return lifetime > TimeSpan.Zero ? lifetime : throw new ArgumentOutOfRangeException(nameof(chosen), chosen, "A reservation's lifetime must be longer than zero.");
    }

    public static void Validate(TimeSpan window, BudgetAmount amount)
    {
        if (window < TimeSpan.FromSeconds(1) || window.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(window), window, "A budget's window is a whole number of seconds, at least one.");
        }

        if (amount.InputTokens < 0 || amount.OutputTokens < 0 || amount.Cost < 0 || amount.WallClock < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, "An amount of a budget cannot be negative.");
        }
    }
}
