namespace Loomflow.Aspire.Cli.Setup;

/// <summary>The <c>redis-server</c> of this machine, which the tests start.</summary>
internal static class RedisServer
{
    private const string Program = "redis-server";

    /// <summary>Installs it if it is missing. Returns <see langword="null"/> once it is there, else what to do.</summary>
    public static async Task<string?> EnsureAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (Find() is { } found)
        {
            Terminal.Detail($"{Program}: {found}");
            return null;
        }

        var reason = await DebianPackage.InstallAsync(Program, workspace, cancellationToken);
        if (reason is null && Find() is not null) return null;
        return $"{Program} is missing, and could not be installed: {reason ?? "apt-get left no such program"}. Install it with 'sudo apt-get install redis-server' (Debian, Ubuntu), "
            + "'sudo dnf install redis' (Fedora) or 'brew install redis' (macOS).";
    }

    // Debian keeps some servers outside an ordinary user's PATH.
    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"])
        .Select(folder => Path.Combine(folder, Program))
        .FirstOrDefault(File.Exists);
}
