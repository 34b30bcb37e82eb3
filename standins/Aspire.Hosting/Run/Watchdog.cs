using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Run;

/// <summary>
/// Stops all resources if this process dies without doing so itself, even by SIGKILL: a small shell that knows their process ids
/// reads a pipe, and the end of that pipe is the end of this process.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    // "+ pid" and "- pid" lines keep the list. Each resource leads a process group, so its own children go with it.
    private const string Script = """
        trap '' INT TERM HUP
        exec >/dev/null 2>&1
        pids=' '
        while read -r op pid; do
          case $op in
            +) pids="$pids$pid " ;;
            -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
          esac
        done
        signal() { for pid in $pids; do kill -s "$1" -- "-$pid" || kill -s "$1" "$pid"; done; }
        alive() { for pid in $pids; do kill -0 -- "-$pid" || kill -0 "$pid" || continue; return 0; done; return 1; }
        signal TERM
        i=0
        while alive && [ $i -lt 50 ]; do i=$((i + 1)); sleep 0.1; done
        signal KILL
        """;

    // In a session of its own, as a signal to the host's process group must not end both.
    private const string Launcher = """
        if command -v setsid >/dev/null 2>&1; then exec setsid /bin/sh -c "$1"; fi
        exec /bin/sh -c "$1"
        """;

    private readonly Lock _gate = new();
    private Process? _shell;

    public void Add(int processId) => Send('+', processId);

    public void Remove(int processId) => Send('-', processId);

    public void Dispose()
    {
        lock (_gate)
        {
            _shell?.StandardInput.Close();
            _shell?.Dispose();
            _shell = null;
        }
    }

    private void Send(char operation, int processId)
    {
        lock (_gate)
        {
            _shell ??= Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Launcher, "sh", Script]) { RedirectStandardInput = true })!;
            _shell.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{operation} {processId}\n"));
            _shell.StandardInput.Flush();
        }
    }
}
