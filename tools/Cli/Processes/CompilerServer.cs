using System.Diagnostics;
using System.Globalization;

namespace Loomflow.Aspire.Cli.Processes;

/// <summary>
/// The server that makes compiling many projects quick, and that would stay for minutes after the build. Here it is this command's
/// own, by its name, and ends with the build.
/// </summary>
internal static class CompilerServer
{
    private static readonly string s_name = string.Create(CultureInfo.InvariantCulture, $"loom-{Environment.ProcessId}-{Guid.NewGuid():n}");

    public static IEnumerable<string> BuildArguments => OperatingSystem.IsLinux()
        ? ["-nodeReuse:false", "-p:UseSharedCompilation=true", $"-p:SharedCompilationId={s_name}"]
        : ["-nodeReuse:false"];

    public static void Stop()
    {
        if (!OperatingSystem.IsLinux()) return;

        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                if (IsOurs(process.Id)) process.Kill();
            }
        }
    }

    private static bool IsOurs(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Contains($"-pipename:{s_name}", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
