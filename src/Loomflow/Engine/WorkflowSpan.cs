using System.Diagnostics;

namespace Loomflow;

/// <summary>The span of a workflow run.</summary>
internal static class WorkflowSpan
{
    /// <summary>Opens the span; one for a run that was taken over links to the span of the run's first owner.</summary>
    public static Activity? Start(RunContext context, IWorkflow workflow, Payload input, StepScope? step = null, ActivityContext parent = default, ActivityContext? first = null) =>
        LoomTelemetry.Source.HasListeners()
            ? Spans.Start(
                LoomTelemetry.WorkflowRunSpan,
                "workflow",
                context,
                step,
                [
                    new(LoomTelemetry.Attributes.Workflow, workflow.Name),
                    new(LoomTelemetry.Attributes.Definition, workflow.DefinitionHash),
                    new(LoomTelemetry.Attributes.ParentRunId, context.Run.ParentRunId),
                    new(GenAi.Operation, "invoke_workflow"),
                    new(GenAi.Provider, LoomTelemetry.ProviderName),
                    new(GenAi.WorkflowName, workflow.Name),
                    new(GenAi.InputMessages, GenAiContent.IsCaptured ? GenAiContent.Text("user", input.ToString()) : null),
                ],
                parent: parent,
                link: first is { } earlier ? new ActivityLink(earlier) : null)
            : null;

    /// <summary>Says how the run ended.</summary>
    public static void Conclude(this Activity? span, RunStatus status, Payload output, Failure? failure)
    {
        if (span is null) return;
        if (status == RunStatus.Completed && GenAiContent.IsCaptured) span.SetTag(GenAi.OutputMessages, GenAiContent.Text("assistant", output.ToString(), "stop"));
        span.Conclude(OutcomeOf(status), failure);
    }

    public static string OutcomeOf(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        RunStatus.Capped => "capped",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "The run has not ended."),
    };
}
