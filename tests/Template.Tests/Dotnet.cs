using System.Diagnostics;

namespace Loomflow.Aspire.Template.Tests;

/// <summary>Runs the SDK's commands, in a folder, and fails with what they wrote.</summary>
internal static class Dotnet
{
    public static async Task<string> RunAsync(string folder, string[] arguments, TimeSpan limit, params (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // Nothing outlives the command, and nothing of the test host's build leaks into it.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("MSBuild", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(variable);
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            var output = string.Concat(texts);
            process.ExitCode.ShouldBe(0, $"dotnet {string.Join(' ', arguments)}\n{output}");
            return output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
