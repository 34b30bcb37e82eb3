using System.Diagnostics;

namespace Loomflow.Tests.InlineSteps;

/// <summary>The spans of one trace as they end, whatever other tests trace meanwhile.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly Activity _root = new Activity("root").Start();
    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == LoomTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == _root.TraceId ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId != _root.TraceId) return;
                lock (_ended) _ended.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Activity Root => _root;

    public IReadOnlyList<Activity> Ended
    {
        get { lock (_ended) return [.. _ended]; }
    }

    /// <summary>Of spans of steps, the names of the steps.</summary>
    public IReadOnlyList<string?> Steps => [.. Ended.Where(span => span.OperationName == LoomTelemetry.StepSpan).Select(span => (string?)span.GetTagItem("step"))];

    /// <summary>Name, step and parent of each span, for example <c>loom.workflow.step classify &lt; loom.workflow.run</c>.</summary>
    public IReadOnlyList<string> Tree => [.. Ended.Select(span => $"{Text(span)} < {Text(span.Parent!)}")];

    public void Dispose()
    {
        _listener.Dispose();
        _root.Dispose();
    }

    private static string Text(Activity span) => span.GetTagItem("step") is { } step ? $"{span.OperationName} {step}" : span.OperationName;
}
