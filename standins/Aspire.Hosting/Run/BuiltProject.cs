using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Run;

/// <summary>Finds what a project's build left, and the dotnet that runs it.</summary>
internal static class BuiltProject
{
    private static readonly string s_dotnet = Path.Combine(
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")), OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    public static async Task<ProcessSpec> CreateSpecAsync(IProjectMetadata project, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var target = project is IBuiltProject built ? built.TargetPath : await AskMSBuildAsync(project.ProjectPath, cancellationToken);
        if (!File.Exists(target))
        {
            throw new DistributedApplicationException($"'{target}' does not exist: build '{project.ProjectPath}' first.");
        }

        return new ProcessSpec(s_dotnet, ["exec", target, .. arguments], Path.GetDirectoryName(project.ProjectPath)!);
    }

    private static async Task<string> AskMSBuildAsync(string projectPath, CancellationToken cancellationToken)
    {
        if (!File.Exists(projectPath)) throw new DistributedApplicationException($"The project '{projectPath}' does not exist.");

        var start = new ProcessStartInfo(s_dotnet, ["msbuild", projectPath, "-getProperty:TargetPath", "-nologo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? output.Trim()
            : throw new DistributedApplicationException($"MSBuild cannot evaluate '{projectPath}': {output}{await error}");
    }
}
