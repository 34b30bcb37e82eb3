using System.Diagnostics;

namespace Loomflow.Testing;

/// <summary>Runs the SDK's commands in a folder.</summary>
public static class Dotnet
{
    /// <summary>Runs a command that has to work, and fails with what it wrote.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string folder, string[] arguments, TimeSpan limit, params (string Key, string Value)[] environment)
    {
        var (exitCode, output) = await TryAsync(folder, arguments, limit, environment);
        return exitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with exit code {exitCode}:\n{output}");
    }

    /// <summary>Runs a command, whether it works or not.</summary>
    public static async Task<(int ExitCode, string Output)> TryAsync(string folder, string[] arguments, TimeSpan limit, params (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // Nothing outlives the command, and nothing of the test host's build leaks into it.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("MSBuild", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(variable);
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Xunit.TestContext.Current.CancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, string.Concat(texts));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
