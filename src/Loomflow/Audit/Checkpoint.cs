using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Loomflow.Audit;

/// <summary>
/// What a log commits to at one moment: C2SP's tlog-checkpoint text with the time as an extension line, so that a log that
/// is idle can show that it is alive.
/// </summary>
/// <param name="Origin">Which log.</param>
/// <param name="Size">How many records it has.</param>
/// <param name="Root">The Merkle root over them.</param>
/// <param name="Time">When, in whole milliseconds.</param>
public sealed record Checkpoint(string Origin, long Size, Digest Root, DateTimeOffset Time)
{
    private const string TimePrefix = "time ";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The text that is signed.</summary>
    public string ToText() =>
        string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.AsSpan())}\n{TimePrefix}{Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}\n");

    /// <summary>Reads the signed text; only the one spelling that <see cref="ToText"/> writes is accepted.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        ArgumentNullException.ThrowIfNull(text);
        checkpoint = null;
        var root = new byte[Digest.Size];
        if (text.Split('\n') is not [var origin, var size, var encodedRoot, var time, ""]) return false;
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var parsedSize)) return false;
        if (!Convert.TryFromBase64String(encodedRoot, root, out var written) || written != Digest.Size) return false;
        if (!time.StartsWith(TimePrefix, StringComparison.Ordinal)) return false;
        if (!DateTimeOffset.TryParseExact(time[TimePrefix.Length..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsedTime)) return false;
        var parsed = new Checkpoint(origin, parsedSize, new Digest(root), parsedTime);
        if (parsed.ToText() != text) return false;
        checkpoint = parsed;
        return true;
    }
}
