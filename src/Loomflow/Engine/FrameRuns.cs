using System.Diagnostics;

namespace Loomflow;

/// <summary>What an execution holds for the workflows of a run that are under way here: the run's own and nested ones.</summary>
internal sealed class FrameRuns(RunContext context, StepRunner steps, CancellationToken cancelled) : IDisposable
{
    private readonly Dictionary<Frame, FrameRun> _open = [];

    public FrameRun Of(Frame frame)
    {
        if (_open.TryGetValue(frame, out var run)) return run;
        if (frame.Parent is not { } parent)
        {
            run = new FrameRun(context, CancellationTokenSource.CreateLinkedTokenSource(cancelled), Activity.Current);
        }
        else
        {
            var outer = Of(parent.Frame);
            run = new FrameRun(Lend(outer.Context, frame.Graph.Options), CancellationTokenSource.CreateLinkedTokenSource(outer.Token), steps.OpenNestedSpan(parent));
        }

        return _open[frame] = run;
    }

    /// <summary>The workflow has ended, with an event that is written down.</summary>
    public void Close(Frame frame, RunEvent last)
    {
        if (!_open.Remove(frame, out var run)) return;
        if (OwnSpan(frame, run) is { } span)
        {
            span.Conclude(frame.Status, frame.Output, frame.Failure);
            context.Events.EndSpan(span, last);
        }

        run.Dispose();
    }

    /// <summary>Ends the spans of workflows that go on elsewhere, or later.</summary>
    public void LeaveSpans(string outcome)
    {
        foreach (var (frame, run) in _open)
        {
            if (OwnSpan(frame, run) is not { } span) continue;
            span.Conclude(outcome);
            span.End();
        }
    }

    public void StopAll()
    {
        foreach (var run in _open.Values) run.Stop();
    }

    public void Dispose()
    {
        foreach (var run in _open.Values) run.Dispose();
    }

    // The span of the run itself belongs to whoever started it, that of a map to its step.
    private static Activity? OwnSpan(Frame frame, FrameRun run) => frame.Parent is { Definition.Step.Kind: StepKind.Workflow } ? run.Span : null;

    // A nested workflow that has no memory or tone must not hide the outer one.
    private static RunContext Lend(RunContext outer, WorkflowOptions options) => options is { Memory: null, ResponseTone: null }
        ? outer
        : outer with { Memory = options.Memory ?? outer.Memory, ResponseTone = options.ResponseTone ?? outer.ResponseTone };
}
