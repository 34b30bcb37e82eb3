using System.Text.RegularExpressions;

namespace Loomflow.Aspire.Cli.Testing;

internal static partial class SolutionFile
{
    public static IEnumerable<string> Projects(Workspace workspace) =>
        ProjectPath().Matches(File.ReadAllText(workspace.Solution)).Select(match => workspace.In(match.Groups["path"].Value.Split('\\', '/')));

    // .sln:  Project("{FAE04EC0-…}") = "Loomflow", "src\Loomflow\Loomflow.csproj", "{BA2D94B7-…}"
    // .slnx: <Project Path="src/Loomflow/Loomflow.csproj" />
    [GeneratedRegex("""(?<=^Project\(.*|<Project Path=)"(?<path>[^"]+\.csproj)\x22""", RegexOptions.Multiline)]
    private static partial Regex ProjectPath();
}
