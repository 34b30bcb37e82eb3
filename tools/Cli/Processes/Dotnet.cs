namespace Loomflow.Aspire.Cli.Processes;

/// <summary>The SDK that runs this command.</summary>
internal static class Dotnet
{
    private const string BuiltMarker = " -> ";
    private const string OutdatedLocks = "the lock files are not those of the projects' packages. `dotnet restore` brings them up to date; look at what changed, and commit it.";

    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(20);

    public static string Path { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Restores and builds a project or solution, and shows each project that is done.</summary>
    /// <param name="workspace">The copy of the repository.</param>
    /// <param name="projectOrSolution">What is built.</param>
    /// <param name="locked">Takes the packages that the lock files name and no others, where there are lock files; otherwise they follow the projects.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    public static async Task BuildAsync(Workspace workspace, string projectOrSolution, bool locked, CancellationToken cancellationToken)
    {
        var what = System.IO.Path.GetRelativePath(workspace.Root, projectOrSolution);
        Terminal.Heading($"Building {what}");
        var started = TimeProvider.System.GetTimestamp();
        var built = 0;
        ProcessResult result;
        try
        {
            result = await ChildProcess.RunAsync(
                Path,
                ["build", projectOrSolution, "-nologo", "-c", "Debug", "-v:minimal", "-tl:off", .. (string[])(locked ? ["-p:RestoreLockedMode=true"] : []), .. CompilerServer.BuildArguments],
                workspace.Root, s_buildLimit, cancellationToken, onLine: Show);
        }
        catch (TimeoutException)
        {
            throw new CommandFailedException($"{what} was not built within {s_buildLimit.TotalMinutes:0} minutes.");
        }
        finally
        {
            CompilerServer.Stop();
        }

        if (result.ExitCode != 0)
        {
            var errors = result.Output.Where(line => line.Contains("error", StringComparison.Ordinal)).Distinct().DefaultIfEmpty(string.Join('\n', result.Output)).ToArray();
            throw new CommandFailedException(errors.Any(IsAboutLocks) ? $"{what} does not restore: {OutdatedLocks}" : $"{what} does not build: the errors are above.", errors);
        }

        Terminal.Detail($"{built} projects in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s");

        void Show(string line)
        {
            if (line.TrimStart().StartsWith("Restored ", StringComparison.Ordinal))
            {
                Terminal.Detail($"restored {System.IO.Path.GetFileNameWithoutExtension(line[..line.LastIndexOf(" (", StringComparison.Ordinal)])}");
            }
            else if (line.IndexOf(BuiltMarker, StringComparison.Ordinal) is > 0 and var end)
            {
                built++;
                Terminal.Detail($"built {line[..end].Trim()}");
            }
        }
    }

    // error NU1004: The package reference Polly.Core version has changed from [8.9.1, ) to [8.9.0, ).The packages lock file is inconsistent with …
    // error LOCK1: Loomflow.csproj has no lock file: …
    private static bool IsAboutLocks(string error) => error.Contains("error NU1004", StringComparison.Ordinal) || error.Contains("error LOCK1", StringComparison.Ordinal);
}
