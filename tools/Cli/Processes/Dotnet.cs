namespace Loomflow.Aspire.Cli.Processes;

/// <summary>The SDK that runs this command.</summary>
internal static class Dotnet
{
    private const string BuiltMarker = " -> ";

    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(20);

    public static string Path { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Restores and builds a project or solution, and shows each project that is done.</summary>
    public static async Task BuildAsync(Workspace workspace, string projectOrSolution, CancellationToken cancellationToken)
    {
        var what = System.IO.Path.GetRelativePath(workspace.Root, projectOrSolution);
        Terminal.Heading($"Building {what}");
        var started = TimeProvider.System.GetTimestamp();
        var built = 0;
        ProcessResult result;
        try
        {
            result = await ChildProcess.RunAsync(
                Path, ["build", projectOrSolution, "-nologo", "-c", "Debug", "-v:minimal", "-tl:off", .. CompilerServer.BuildArguments], workspace.Root, s_buildLimit, cancellationToken,
                onLine: Show);
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
            var errors = result.Output.Where(line => line.Contains("error", StringComparison.Ordinal)).Distinct();
            throw new CommandFailedException($"{what} does not build: the errors are above.", errors.DefaultIfEmpty(string.Join('\n', result.Output)));
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
}
