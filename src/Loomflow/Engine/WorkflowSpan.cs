using System.Diagnostics;

namespace Loomflow;

/// <summary>The span of a workflow run.</summary>
internal static class WorkflowSpan
{
    /// <summary>Opens the span; one for a run that was taken over links to the span of the run's first owner.</summary>
    public static Activity? Start(RunContext context, string name, string definition, ActivityContext parent = default, ActivityContext? first = null) =>
        LoomTelemetry.StartSpan(LoomTelemetry.WorkflowRunSpan, "workflow", context, parent: parent, links: first is { } earlier ? [new ActivityLink(earlier)] : null)
            ?.SetTag(LoomTelemetry.Attributes.Workflow, name)
            .SetTag(LoomTelemetry.Attributes.Definition, definition)
            .SetTag("gen_ai.operation.name", "invoke_workflow")
            .SetTag("gen_ai.provider.name", "loomflow")
            .SetTag("gen_ai.workflow.name", name);

    /// <summary>Says how the run ended.</summary>
    public static void Conclude(this Activity? span, RunStatus status, Failure? failure)
    {
        if (span is null) return;
        span.SetTag(LoomTelemetry.Attributes.Outcome, status.ToString().ToLowerInvariant());
        if (failure is not null) span.Fail(failure);
    }
}
