using System.Globalization;

namespace Loomflow.Aspire.Workload.Effects;

/// <summary>
/// Side effects as the outside world sees them: one line in a file of this process for each time that one was begun, by idempotency key.
/// Not in Redis, which the tests take away, too.
/// </summary>
internal static class EffectLog
{
    private static readonly Lock s_lock = new();
    private static readonly StreamWriter? s_lines = Open();

    /// <summary>Carries an effect out.</summary>
    public static void Carry(string key)
    {
        if (s_lines is null) return;
        lock (s_lock)
        {
            // Handed to the system line by line, so that a kill loses nothing that was done.
            s_lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()} {key}"));
            s_lines.Flush();
        }
    }

    private static StreamWriter? Open() =>
        Environment.GetEnvironmentVariable("WORKLOAD_EFFECTS") is { Length: > 0 } directory
            ? new StreamWriter(Path.Combine(directory, $"{Environment.ProcessId}-{Guid.NewGuid():n}"))
            : null;
}
