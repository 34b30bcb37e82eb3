using System.Runtime.ExceptionServices;

namespace Loomflow;

/// <summary>Runs a definition in this process. No server, no store.</summary>
internal static class InProcessEngine
{
    /// <summary>Runs to the terminal event and gives the folded state, or throws what ended the run.</summary>
    public static async Task<(RunIdentity Run, RunState State)> RunAsync(
        IWorkflow workflow,
        Graph graph,
        Payload input,
        RunOptions options,
        RunStream? stream,
        CancellationToken cancellationToken)
    {
        var context = InProcessContext.Create(workflow.Name, options, stream, workflow.Options.AuditLog, workflow.Options.Memory, workflow.Options.ResponseTone, workflow.Options.AuditFullContent);
        var around = StepScope.Current?.Step;
        using var scope = new StepScope(context).Enter();
        using var span = WorkflowSpan.Start(context, workflow, input, around);
        var state = new RunState(graph);
        RunDriver? driver = null;
        try
        {
            var started = new RunStarted { Kind = RunKind.Workflow, Name = workflow.Name, Input = input, Definition = graph.Hash };
            state.Apply(await context.Events.AppendAsync(started, CancellationToken.None).ConfigureAwait(false));
            driver = new RunDriver(state, context, cancellationToken);
            options.Attached?.Attach(driver);
            await driver.DriveAsync(options.Timeout ?? workflow.Options.Timeout).ConfigureAwait(false);
        }
        catch (Exception refused) when (!state.IsTerminal)
        {
            var failed = new RunFailed { Kind = RunKind.Workflow, Name = workflow.Name, Failure = Failure.From(refused), Usage = context.Usage.Total };
            await ((InProcessRunLog)context.Events).AppendLastAsync(failed).ConfigureAwait(false);
            span.Conclude("failed", failed.Failure);
            span.Audited(failed);
            throw;
        }

        span.Conclude(state.Status, state.Output, state.Failure);
        if (driver?.Last is { } last) span.Audited(last);
        if (state.Status == RunStatus.Completed) return (context.Run, state);
        var thrown = state.Failure?.ToException() ?? new OperationCanceledException($"Run {context.RunId} of '{workflow.Name}' was cancelled: {state.Root!.CancelReason}.", cancellationToken);
        thrown.Data[RunFailures.RunKey] = new WorkflowResult(context.Run, graph.Hash, state);
        if (state.Failure?.Siblings is { } siblings) thrown.Data[RunFailures.SiblingsKey] = siblings;

        // As it was thrown, with its stack.
        ExceptionDispatchInfo.Throw(thrown);
        return default;
    }
}
