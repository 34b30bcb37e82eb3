using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Loomflow.Aspire.Cli.Processes;

/// <summary>A process that this command started and does not outlive it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int TailLength = 4000;
    private const int Terminate = 15;

    private static readonly TimeSpan s_outputAfterExit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Action<string>? _onLine;
    private readonly Queue<string> _output = new();
    private readonly Lock _gate = new();

    private ChildProcess(Process process, Action<string>? onLine)
    {
        _process = process;
        _onLine = onLine;
        Completion = CompleteAsync();
    }

    /// <summary>The exit code, once the process has ended.</summary>
    public Task<int> Completion { get; }

    /// <summary>The last lines that it wrote.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_gate) return [.. _output];
        }
    }

    public static ChildProcess Start(
        string fileName, IEnumerable<string> arguments, string workingDirectory, IReadOnlyDictionary<string, string>? environment = null, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{fileName}' did not start.");
        process.StandardInput.Close();
        return new ChildProcess(process, onLine);
    }

    /// <summary>Runs a program to its end, or kills it with all that it started when it is cancelled or takes too long.</summary>
    /// <exception cref="TimeoutException">It took longer than <paramref name="limit"/>.</exception>
    public static async Task<ProcessResult> RunAsync(
        string fileName, IEnumerable<string> arguments, string workingDirectory, TimeSpan limit, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null, Action<string>? onLine = null)
    {
        using var process = Start(fileName, arguments, workingDirectory, environment, onLine);
        try
        {
            var exitCode = await process.Completion.WaitAsync(limit, cancellationToken);
            return new ProcessResult(exitCode, process.Output);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Asks the process to end, and kills it if it does not in time.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        if (OperatingSystem.IsWindows()) Kill();
        else if (!Completion.IsCompleted) _ = Signal(_process.Id, Terminate);
        try
        {
            await Completion.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            Kill();
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void Kill()
    {
        if (Completion.IsCompleted) return;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It ended meanwhile, or part of it belongs to root (a package installation), which sees to its own end.
        }
    }

    private async Task<int> CompleteAsync()
    {
        var output = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Exited += (_, _) => exited.TrySetResult();
        _process.EnableRaisingEvents = true;
        await exited.Task;

        // Whatever it left behind may keep the pipe open.
        await Task.WhenAny(output, Task.Delay(s_outputAfterExit));
        return _process.ExitCode;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                if (_output.Count == TailLength) _output.Dequeue();
                _output.Enqueue(line);
                _onLine?.Invoke(line);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int processId, int signal);
}
