using System.Diagnostics;

namespace Loomflow;

/// <summary>The span of a workflow run.</summary>
internal static class WorkflowSpan
{
    public static Activity? Start(RunContext context, string name, string definition) =>
        LoomTelemetry.StartSpan(LoomTelemetry.WorkflowRunSpan, "workflow", context)
            ?.SetTag(LoomTelemetry.Attributes.Workflow, name)
            .SetTag(LoomTelemetry.Attributes.Definition, definition)
            .SetTag("gen_ai.operation.name", "invoke_workflow")
            .SetTag("gen_ai.provider.name", "loomflow")
            .SetTag("gen_ai.workflow.name", name);
}
