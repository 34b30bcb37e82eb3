using System.Text.RegularExpressions;

namespace Loomflow.Aspire.Cli.Packages;

/// <summary>Whether the configured feeds have every genuine package.</summary>
/// <param name="IsComplete">All of them restore.</param>
/// <param name="Description">That, or what is missing, for a person.</param>
internal sealed partial record FeedAnswer(bool IsComplete, string Description)
{
    public static FeedAnswer Complete { get; } = new(true, "All genuine packages restore.");

    public static FeedAnswer TooSlow(TimeSpan limit) => new(false, $"The genuine packages did not restore within {limit.TotalMinutes:0} minutes.");

    /// <summary>Reads what <c>dotnet restore</c> wrote when it failed.</summary>
    public static FeedAnswer Failed(IReadOnlyList<string> output)
    {
        // error NU1101: Unable to find package Aspire.Hosting.Redis. No packages exist with this id in source(s): nuget.org
        // error NU1102: Unable to find package OpenAI with version (>= 2.15.0)
        // error NU1301: Unable to load the service index for source https://…
        var missing = output.Select(line => MissingPackage().Match(line)).Where(match => match.Success).Select(match => match.Groups["id"].Value.TrimEnd('.'))
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).ToArray();
        if (missing.Length > 0) return new FeedAnswer(false, $"The feed lacks {missing.Length} of the genuine packages: {string.Join(", ", missing)}.");

        var error = output.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? output.LastOrDefault(line => line.Length > 0) ?? "no reason was given";
        return new FeedAnswer(false, $"The genuine packages do not restore: {error.Trim()}");
    }

    [GeneratedRegex(@"NU110[1-3]\b.*?(?:package|for) '?(?<id>[A-Za-z][\w.\-]*)")]
    private static partial Regex MissingPackage();
}
