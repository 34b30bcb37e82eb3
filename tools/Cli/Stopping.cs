using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Loomflow.Aspire.Cli;

/// <summary>Asks to stop on Ctrl+C and SIGTERM, and when the <c>dotnet run</c> around this process is killed.</summary>
internal sealed class Stopping : IDisposable
{
    private const int InterruptSignal = 2;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly Timer? _parentWatch;

    public Stopping()
    {
        // A shell that starts a job in the background has it ignore SIGINT, which .NET respects; here somebody who sends it means it.
        if (!OperatingSystem.IsWindows()) _ = SetSignal(InterruptSignal, 0);
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
        if (OperatingSystem.IsWindows()) return;

        var parent = ParentProcessId();
        if (IsDotnet(parent)) _parentWatch = new Timer(_ => StopWithout(parent), null, s_interval, s_interval);
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _parentWatch?.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    private void StopWithout(int parent)
    {
        if (ParentProcessId() != parent) _stop.Cancel();
    }

    // Another parent, a shell for example, may end without meaning this command to.
    private static bool IsDotnet(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.ProcessName == "dotnet";
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint SetSignal(int signal, nint handler);

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int ParentProcessId();
}
