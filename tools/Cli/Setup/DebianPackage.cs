using System.ComponentModel;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Setup;

/// <summary>Installs a package of Debian or Ubuntu, where this user may.</summary>
internal static class DebianPackage
{
    private const string AptGet = "/usr/bin/apt-get";

    private static readonly TimeSpan s_askLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>Returns <see langword="null"/> once the package is installed, else the reason why it is not.</summary>
    public static async Task<string?> InstallAsync(string package, Workspace workspace, CancellationToken cancellationToken)
    {
        if (!File.Exists(AptGet)) return "there is no apt-get here";
        if (!Environment.IsPrivilegedProcess && !await MayUseSudoAsync(workspace, cancellationToken)) return "installing it needs root, or sudo without a password";

        Terminal.Detail($"installing {package} with apt-get");

        // With its lists as they are first: refreshing them takes long.
        var result = await RunAsync(workspace, ["install", "-y", "--no-install-recommends", package], cancellationToken);
        if (result.ExitCode == 0) return null;
        await RunAsync(workspace, ["update"], cancellationToken);
        result = await RunAsync(workspace, ["install", "-y", "--no-install-recommends", package], cancellationToken);
        return result.ExitCode == 0 ? null : $"apt-get failed: {result.Output.LastOrDefault(line => line.StartsWith("E:", StringComparison.Ordinal)) ?? $"exit code {result.ExitCode}"}";
    }

    private static async Task<bool> MayUseSudoAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        try
        {
            return (await ChildProcess.RunAsync("sudo", ["-n", "true"], workspace.Root, s_askLimit, cancellationToken)).ExitCode == 0;
        }
        catch (Exception error) when (error is Win32Exception or TimeoutException)
        {
            return false;
        }
    }

    private static async Task<ProcessResult> RunAsync(Workspace workspace, string[] arguments, CancellationToken cancellationToken)
    {
        // RUNLEVEL keeps the package from starting a service of its own. Another copy may be installing the same.
        string[] command = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", AptGet, "-q", "-o", "DPkg::Lock::Timeout=120", .. arguments];
        if (!Environment.IsPrivilegedProcess) command = ["sudo", "-n", .. command];
        try
        {
            return await ChildProcess.RunAsync(command[0], command[1..], workspace.Root, s_limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new ProcessResult(-1, [$"E: it took longer than {s_limit.TotalMinutes:0} minutes"]);
        }
    }
}
