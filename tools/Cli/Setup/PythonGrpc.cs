using System.ComponentModel;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Setup;

/// <summary>Python's gRPC, the foreign implementation that tests speak with. They are skipped without it.</summary>
internal static class PythonGrpc
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    public static async Task EnsureAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(workspace, cancellationToken)) return;
        if (await DebianPackage.InstallAsync("python3-grpcio", workspace, cancellationToken) is { } reason)
        {
            Terminal.Detail($"no python3-grpcio ({reason}): the tests against a foreign gRPC implementation are skipped");
        }
    }

    private static async Task<bool> IsThereAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        try
        {
            return (await ChildProcess.RunAsync("python3", ["-c", "import grpc"], workspace.Root, s_limit, cancellationToken)).ExitCode == 0;
        }
        catch (Exception error) when (error is Win32Exception or TimeoutException)
        {
            return false;
        }
    }
}
