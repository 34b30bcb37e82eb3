using System.ComponentModel;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Setup;

/// <summary>Python's gRPC, the foreign implementation that tests speak with. They are skipped without it.</summary>
internal static class PythonGrpc
{
    private static readonly string[] s_interpreters = ["/usr/bin/python3", "python3"];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    public static async Task EnsureAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(workspace, cancellationToken)) return;
        if (await DebianPackage.InstallAsync("python3-grpcio", workspace, cancellationToken) is { } reason)
        {
            Terminal.Detail($"no python3-grpcio ({reason}): the tests against a foreign gRPC implementation are skipped");
        }
    }

    // PATH may have another Python before Debian's.
    private static async Task<bool> IsThereAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        foreach (var python in s_interpreters)
        {
            try
            {
                if ((await ChildProcess.RunAsync(python, ["-c", "import grpc"], workspace.Root, s_limit, cancellationToken)).ExitCode == 0) return true;
            }
            catch (Exception error) when (error is Win32Exception or TimeoutException)
            {
                // Not installed, or broken.
            }
        }

        return false;
    }
}
