using System.Diagnostics;
using System.Globalization;
using Loomflow.Testing;

namespace Loomflow.Aspire.Template.Tests.Containers;

/// <summary>The audit service as in its container: nothing can be written but its volume, and it is not root. It takes root to make that so.</summary>
public sealed class ReadOnlyTests
{
    // The volume first, so that it stays writable; then everything else is read-only, in this process' own view of the file system.
    private const string Contain =
        """
        set -e
        mount --make-rprivate /
        mount --bind "$1" "$1"
        mount -o remount,bind,ro /
        if touch "$2/refused" 2>/dev/null; then echo "the file system is not read-only" >&2; exit 99; fi
        exec setpriv --reuid 1654 --regid 1654 --clear-groups --pdeathsig KILL dotnet "$2/AuditService.dll"
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AuditService_WritesToItsVolumeAlone_SaysThatItIsHealthy_AndStopsWhenAsked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && await MayUnshareAsync(), "It takes root, and namespaces of one's own.");
        var volume = Directory.CreateTempSubdirectory("loomflow-volume-").FullName;
        var application = Path.Combine(Repository.Root, "src", "AuditService", "bin", Repository.Configuration, "net10.0");
        await RunAsync("chown", ["1654:1654", volume]);
        Assert.SkipUnless(await RunAsync("setpriv", ["--reuid", "1654", "--regid", "1654", "--clear-groups", "test", "-r", Path.Combine(application, "AuditService.dll")]) == 0, "Another user may not read this folder.");
        var (http, grpc) = (FreePort.Next(), FreePort.Next());
        var start = new ProcessStartInfo("unshare", ["--mount", "sh", "-c", Contain, "sh", volume, application]) { WorkingDirectory = application, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["Audit__Key"] = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        start.Environment["ServiceAuth__Key"] = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        start.Environment["Audit__Directory"] = Path.Combine(volume, "audit");
        start.Environment["Kestrel__Endpoints__http__Url"] = $"http://127.0.0.1:{http}";
        start.Environment["Kestrel__Endpoints__grpc__Url"] = $"http://127.0.0.1:{grpc}";
        start.Environment.Remove("HOME");

        using var service = ProcessStarter.Start(start);
        try
        {
            var output = Task.WhenAll(service.StandardOutput.ReadToEndAsync(Cancelled), service.StandardError.ReadToEndAsync(Cancelled));
            var probe = Path.Combine(application, "AuditService.dll");
            var url = $"http://127.0.0.1:{http}/health";
            var patience = Stopwatch.StartNew();
            while (!service.HasExited && await RunAsync("dotnet", [probe, "health", url]) != 0) patience.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2));
            service.HasExited.ShouldBeFalse(service.HasExited ? string.Concat(await output) : "");

            await RunAsync("kill", ["-TERM", service.Id.ToString(CultureInfo.InvariantCulture)]);
            await service.WaitForExitAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);

            service.ExitCode.ShouldBe(0, string.Concat(await output));
            Directory.EnumerateFiles(Path.Combine(volume, "audit", "segments")).ShouldNotBeEmpty();
            (await RunAsync("dotnet", [probe, "health", url])).ShouldBe(1);
        }
        finally
        {
            if (!service.HasExited) service.Kill();
            Directory.Delete(volume, recursive: true);
        }
    }

    private static async Task<bool> MayUnshareAsync() => File.Exists("/usr/bin/setpriv") && await RunAsync("unshare", ["--mount", "mount", "--make-rprivate", "/"]) == 0;

    private static async Task<int> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancelled), process.StandardError.ReadToEndAsync(Cancelled));
        await process.WaitForExitAsync(Cancelled);
        return process.ExitCode;
    }
}
