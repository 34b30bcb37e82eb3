using System.Text.RegularExpressions;

namespace Loomflow.Aspire.Cli.Testing;

internal static partial class SolutionFile
{
    public static IEnumerable<string> Projects(Workspace workspace) =>
        ProjectPath().Matches(File.ReadAllText(workspace.Solution)).Select(match => workspace.In(match.Groups["path"].Value.Split('\\')));

    // Project("{FAE04EC0-…}") = "Loomflow", "src\Loomflow\Loomflow.csproj", "{BA2D94B7-…}"
    [GeneratedRegex("""^Project\(.*?\) = ".*?", "(?<path>.*?\.csproj)",""", RegexOptions.Multiline)]
    private static partial Regex ProjectPath();
}
