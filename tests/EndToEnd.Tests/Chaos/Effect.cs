using System.Globalization;

namespace Loomflow.Aspire.EndToEnd.Tests.Chaos;

/// <summary>One time that a step of the workload did its work in the world.</summary>
/// <param name="Key">The idempotency key.</param>
/// <param name="At">When it began.</param>
/// <param name="Process">Which process did it.</param>
internal sealed record Effect(string Key, DateTimeOffset At, int Process)
{
    /// <summary>The run that it was done for.</summary>
    public string RunId => Key[..Key.IndexOf('/', StringComparison.Ordinal)];

    public static IReadOnlyList<Effect> ReadAll(string directory) =>
    [
        .. from file in Directory.EnumerateFiles(directory)
           let process = int.Parse(Path.GetFileName(file).Split('-')[0], CultureInfo.InvariantCulture)
           from line in File.ReadLines(file)
           let space = line.IndexOf(' ', StringComparison.Ordinal)
           select new Effect(line[(space + 1)..], DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(line[..space], CultureInfo.InvariantCulture)), process),
    ];
}
