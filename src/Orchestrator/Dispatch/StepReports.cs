using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// What a worker has told of one step and the step's connection has not taken yet. The stream puts it in and never waits; the window that the worker
/// keeps to (<see cref="DispatchOptions.WindowBytes"/>) bounds how much there can be.
/// </summary>
internal sealed class StepReports
{
    private readonly Lock _lock = new();
    private readonly Queue<Report> _reports = new();
    private TaskCompletionSource? _arrived;
    private Exception? _end;

    public void Add(Report report)
    {
        TaskCompletionSource? arrived;
        lock (_lock)
        {
            _reports.Enqueue(report);
            (arrived, _arrived) = (_arrived, null);
        }

        arrived?.SetResult();
    }

    /// <summary>Nothing comes after what is there.</summary>
    public void End(Exception why)
    {
        TaskCompletionSource? arrived;
        lock (_lock)
        {
            _end ??= why;
            (arrived, _arrived) = (_arrived, null);
        }

        arrived?.SetResult();
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Report? report)
    {
        lock (_lock) return _reports.TryDequeue(out report);
    }

    /// <summary>Takes the next report when it has come.</summary>
    public async ValueTask<Report> TakeAsync()
    {
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                if (_reports.TryDequeue(out var report)) return report;
                if (_end is not null) throw _end;
                arrived = (_arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await arrived;
        }
    }
}
