using System.Collections.Concurrent;
using System.Diagnostics;

namespace Loomflow.Testing;

/// <summary>
/// Starts processes from one thread that never ends. A parent-death signal is sent when the thread that started the
/// process dies, and threads of the pool die when they are idle.
/// </summary>
public static class ProcessStarter
{
    private static readonly BlockingCollection<Action> s_requests = [];

    static ProcessStarter() => new Thread(static () =>
    {
        foreach (var request in s_requests.GetConsumingEnumerable()) request();
    })
    { IsBackground = true, Name = "Process starter" }.Start();

    public static Process Start(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }
}
