using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.Tests;

/// <summary>However the host ends, nothing that it started is left.</summary>
public sealed partial class HostEndTests
{
    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(2)]
    public async Task Host_EndedByASignal_LeavesNothingRunning(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in starts processes on Linux and macOS only.");
        using var host = StartHost();
        var output = await ReadUntilHealthyAsync(host);
        var started = StartedProcess().Matches(output).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        started.Length.ShouldBe(2, output);

        kill(host.Id, signal).ShouldBe(0);
        var rest = host.StandardOutput.ReadToEndAsync(TestApp.Timeout());
        await host.WaitForExitAsync(TestApp.Timeout());

        foreach (var processId in started) await WaitUntilGoneAsync(processId);
        if (signal != 9)
        {
            host.ExitCode.ShouldBe(0);
            var order = Stopping().Matches(await rest).Select(match => match.Groups[1].Value);
            order.ShouldBe(["service", "redis"]);
        }
    }

    [Fact]
    public async Task Host_AskedToPublish_WithoutAnEnvironment_SaysWhatIsMissing()
    {
        using var host = StartHost("--operation", "publish");

        var error = await host.StandardError.ReadToEndAsync(TestApp.Timeout());
        await host.WaitForExitAsync(TestApp.Timeout());

        host.ExitCode.ShouldBe(1);
        error.ShouldContain("There is nothing to publish for");
    }

    [Fact]
    public async Task Host_WhoseParentIsGone_Ends()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in starts processes on Linux and macOS only.");
        using var parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line"]) { RedirectStandardInput = true })!;
        using var host = StartHost("--ASPIRE_CLI_PID", parent.Id.ToString(CultureInfo.InvariantCulture));
        var rest = ReadUntilHealthyAsync(host);
        await rest;

        parent.StandardInput.Close();
        await parent.WaitForExitAsync(TestApp.Timeout());
        _ = host.StandardOutput.ReadToEndAsync(TestApp.Timeout());

        await host.WaitForExitAsync(TestApp.Timeout());
        host.ExitCode.ShouldBe(0);
    }

    private static Process StartHost(params string[] arguments)
    {
        var volumes = Directory.CreateTempSubdirectory("volumes").FullName;
        return Process.Start(new ProcessStartInfo("dotnet", ["exec", TestApp.AssemblyPath, "host", "--AppHost:VolumesDirectory", volumes, .. arguments])
        {
            WorkingDirectory = TestApp.Directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task<string> ReadUntilHealthyAsync(Process host)
    {
        var output = new StringWriter();
        while (await host.StandardOutput.ReadLineAsync(TestApp.Timeout()) is { } line)
        {
            await output.WriteLineAsync(line);
            if (line == "All resources are healthy.") return output.ToString();
        }

        throw new InvalidOperationException($"The host ended before everything was healthy:\n{output}\n{await host.StandardError.ReadToEndAsync(TestApp.Timeout())}");
    }

    private static async Task WaitUntilGoneAsync(int processId)
    {
        var timeout = TestApp.Timeout();
        while (kill(processId, 0) == 0) await Task.Delay(50, timeout);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);

    [GeneratedRegex(@"\* Running \(process (\d+)\)")]
    private static partial Regex StartedProcess();

    [GeneratedRegex(@"^(\w+) +\* Stopping", RegexOptions.Multiline)]
    private static partial Regex Stopping();
}
