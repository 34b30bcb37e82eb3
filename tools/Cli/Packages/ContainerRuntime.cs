using System.ComponentModel;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Packages;

/// <summary>Finds a container runtime that genuine Aspire could use, and that answers.</summary>
internal static class ContainerRuntime
{
    public const string Missing = "No container runtime answers (neither docker nor podman), and genuine Aspire needs one for Redis.";

    private static readonly string[] s_runtimes = ["docker", "podman"];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    public static async Task<string?> FindAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        foreach (var runtime in s_runtimes)
        {
            try
            {
                var result = await ChildProcess.RunAsync(runtime, ["ps", "--quiet"], workspace.Root, s_limit, cancellationToken);
                if (result.ExitCode == 0) return runtime;
            }
            catch (Exception error) when (error is Win32Exception or TimeoutException)
            {
                // Not installed, or it does not answer.
            }
        }

        return null;
    }
}
