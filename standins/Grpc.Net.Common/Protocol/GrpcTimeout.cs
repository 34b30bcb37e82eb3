using System.Globalization;

namespace Grpc.Net.Protocol;

/// <summary><c>grpc-timeout</c>: up to eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    /// <summary>What eight digits of seconds can say.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(99_999_999);

    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
            return "1n";

        // Rounded up, so that the server never gives up before the client.
        var milliseconds = (timeout.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        return milliseconds <= 99_999_999
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min((milliseconds + 999) / 1000, 99_999_999)}S");
    }

    public static bool TryParse(string? value, out TimeSpan timeout)
    {
        timeout = default;
        if (value is not { Length: >= 2 and <= 9 }
            || !int.TryParse(value.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            return false;

        var ticksPerUnit = value[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticksPerUnit < 0)
            return false;

        var ticks = ticksPerUnit == 0 ? amount / TimeSpan.NanosecondsPerTick : amount * ticksPerUnit;
        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return true;
    }
}
