using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Loomflow.Redis.Runs;

/// <summary>A place in a list of runs, right after one of them. Good for as long as one likes: it does not need that run to be there still.</summary>
/// <param name="Time">What the list is ordered by, in milliseconds since 1970.</param>
/// <param name="RunId">The run.</param>
public readonly record struct RunCursor(long Time, string RunId)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RunCursor? cursor)
    {
        cursor = null;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash <= 0 || dash == text!.Length - 1 || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var time)) return false;
        cursor = new RunCursor(time, text[(dash + 1)..]);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time}-{RunId}");
}
