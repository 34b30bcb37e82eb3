using System.Diagnostics;

namespace Grpc.Tests.Foreign;

/// <summary>Runs a script with a Python that has grpcio. PATH may have another Python first, so Debian's is tried too.</summary>
internal sealed class Python : IAsyncDisposable
{
    private static readonly Lazy<string?> s_interpreter = new(() => new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasGrpc));

    private readonly Process _process;

    private Python(Process process) => _process = process;

    public TextReader Output => _process.StandardOutput;

    public static Python Run(string script, params string[] arguments)
    {
        if (s_interpreter.Value is not { } interpreter)
        {
            Assert.Skip("No Python with grpcio here, which is the foreign gRPC implementation: on Debian, apt-get install python3-grpcio.");
            throw new UnreachableException();
        }

        var start = StartInfo(interpreter, [Path.Combine(AppContext.BaseDirectory, "Foreign", script), .. arguments]);
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        return new Python(Process.Start(start)!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static bool HasGrpc(string interpreter)
    {
        try
        {
            using var process = Process.Start(StartInfo(interpreter, ["-c", "import grpc"]))!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static ProcessStartInfo StartInfo(string interpreter, string[] arguments) => new(interpreter, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = arguments[0] == "-c",
    };
}
