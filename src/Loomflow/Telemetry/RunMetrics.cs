using System.Diagnostics;
using System.Diagnostics.Metrics;
using Names = Loomflow.LoomTelemetry.Runs;

namespace Loomflow;

/// <summary>What the engine measures.</summary>
internal static class RunMetrics
{
    private static readonly Histogram<double> s_run = LoomTelemetry.Meter.CreateHistogram(Names.Duration, "s", "How long runs take.", advice: Durations.Long);
    private static readonly Histogram<double> s_step = LoomTelemetry.Meter.CreateHistogram(Names.StepDuration, "s", "How long attempts of steps take.", advice: Durations.Long);
    private static readonly UpDownCounter<long> s_active = LoomTelemetry.Meter.CreateUpDownCounter<long>(Names.Active, "{run}", "Runs that are driven.");

    public static bool MeasuresSteps => s_step.Enabled;

    public static void RunDriven(string workflow, int change)
    {
        if (s_active.Enabled) s_active.Add(change, new KeyValuePair<string, object?>("workflow", workflow));
    }

    public static void RunEnded(string pattern, string name, string outcome, TimeSpan duration)
    {
        if (s_run.Enabled) s_run.Record(duration.TotalSeconds, new TagList { { LoomTelemetry.Attributes.Pattern, pattern }, { "name", name }, { LoomTelemetry.Attributes.Outcome, outcome } });
    }

    public static void StepEnded(NodeVisit visit, string outcome, TimeSpan duration)
    {
        if (!s_step.Enabled) return;

        // The elements of a map are nodes that are named by their number.
        var mapped = visit.Frame.Parent is { Definition.Step.Kind: StepKind.Map } map ? map : null;
        s_step.Record(duration.TotalSeconds, new TagList
        {
            { LoomTelemetry.Attributes.Workflow, (mapped ?? visit).Frame.Graph.Name },
            { LoomTelemetry.Attributes.Step, mapped is null ? visit.Node : $"{mapped.Node}[]" },
            { LoomTelemetry.Attributes.Outcome, outcome },
        });
    }
}
