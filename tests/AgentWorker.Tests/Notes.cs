using System.Collections.Concurrent;

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>A step that writes events and says where it is, for tests to follow.</summary>
internal sealed class Notes
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _points = new();

    /// <summary>How often the step's code has begun.</summary>
    public int Begun;

    /// <summary>What the step did, in order.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public Task Reached(string point) => Point(point).Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public void Reach(string point)
    {
        Log.Enqueue(point);
        Point(point).TrySetResult();
    }

    public static ValueTask<RunEvent> WriteAsync(RunEvent runEvent, CancellationToken cancellationToken)
    {
        var scope = StepScope.Current!;
        return scope.Context.Events.AppendAsync(runEvent with { Path = scope.NestedPath("tool") }, cancellationToken);
    }

    public static RunEvent Called(string id) => new ToolCalled { CallId = id, Tool = "charge", Turn = 1 };

    private TaskCompletionSource Point(string point) => _points.GetOrAdd(point, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
