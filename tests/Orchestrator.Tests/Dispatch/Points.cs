using System.Collections.Concurrent;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>Places that the code of steps reaches, for tests to wait for and to hold it at.</summary>
internal sealed class Points
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _reached = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _passed = new();

    /// <summary>Everything that was reached, in order.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public void Reach(string point)
    {
        Log.Enqueue(point);
        Of(_reached, point).TrySetResult();
    }

    public Task Reached(string point) => Of(_reached, point).Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);

    /// <summary>Reaches a place and stays there until it is let pass.</summary>
    public Task HoldAsync(string point, CancellationToken cancellationToken)
    {
        Reach(point);
        return Of(_passed, point).Task.WaitAsync(s_patience, cancellationToken);
    }

    public void LetPass(string point) => Of(_passed, point).TrySetResult();

    private static TaskCompletionSource Of(ConcurrentDictionary<string, TaskCompletionSource> points, string point) =>
        points.GetOrAdd(point, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
