using System.Diagnostics;
using System.Globalization;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>The real service as a process of its own.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process _process;

    private ServiceProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static ServiceProcess Start(string directory, int httpPort, int grpcPort)
    {
        // A limit on the size of files is to fail as a full disk does, and not to kill the process.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("trap '' XFSZ; exec \"$0\" \"$1\"");
        start.ArgumentList.Add(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet");
        start.ArgumentList.Add(typeof(AuditOptions).Assembly.Location);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["Audit__Directory"] = directory;
        start.Environment["Audit__Key"] = AuditServer.Secret;
        start.Environment["Audit__AuditorKey"] = Credentials.AuditorKey;
        start.Environment["ServiceAuth__Key"] = Credentials.ServiceKey;
        start.Environment["ServiceAuth__Name"] = "audit";
        start.Environment["Audit__SegmentEntries"] = "5000";
        start.Environment["Kestrel__Endpoints__http__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}");
        start.Environment["Kestrel__Endpoints__http__Protocols"] = "Http1";
        start.Environment["Kestrel__Endpoints__grpc__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}");
        start.Environment["Kestrel__Endpoints__grpc__Protocols"] = "Http2";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ServiceProcess(process);
    }

    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
