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
        var context = Inherit(workflow, options, stream);
        using var scope = new StepScope(context).Enter();
        using var span = WorkflowSpan.Start(context, workflow.Name, graph.Hash);
        var state = new RunState(graph);
        try
        {
            var started = new RunStarted { Kind = RunKind.Workflow, Name = workflow.Name, Input = input, Definition = graph.Hash };
            state.Apply(await context.Events.AppendAsync(started, CancellationToken.None).ConfigureAwait(false));
            var driver = new RunDriver(state, context, cancellationToken);
            options.Attached?.Attach(driver);
            await driver.DriveAsync(options.Timeout ?? workflow.Options.Timeout).ConfigureAwait(false);
        }
        catch (Exception refused) when (!state.IsTerminal)
        {
            var failed = new RunFailed { Kind = RunKind.Workflow, Name = workflow.Name, Failure = Failure.From(refused), Usage = context.Usage.Total };
            await ((InProcessRunLog)context.Events).AppendLastAsync(failed).ConfigureAwait(false);
            span.Conclude(RunStatus.Failed, failed.Failure);
            throw;
        }

        span.Conclude(state.Status, state.Failure);
        if (state.Status == RunStatus.Completed) return (context.Run, state);
        var thrown = state.Failure?.ToException() ?? new OperationCanceledException($"Run {context.RunId} of '{workflow.Name}' was cancelled: {state.Root!.CancelReason}.", cancellationToken);
        thrown.Data[RunFailures.RunKey] = new WorkflowResult(context.Run, graph.Hash, state);
        if (state.Failure?.Siblings is { } siblings) thrown.Data[RunFailures.SiblingsKey] = siblings;

        // As it was thrown, with its stack.
        ExceptionDispatchInfo.Throw(thrown);
        return default;
    }

    /// <summary>The context of a run: what its options say, else what the workflow says, else what the run around it has.</summary>
    private static RunContext Inherit(IWorkflow workflow, RunOptions options, RunStream? stream)
    {
        var outer = RunContext.Current;
        var runId = options.RunId ?? RunIdentity.NewRunId();
        var run = new RunIdentity
        {
            RunId = runId,
            RootRunId = outer?.Run.RootRunId ?? runId,
            ParentRunId = outer?.RunId,
            Name = workflow.Name,
            Partition = options.UserId is null ? outer?.Run.Partition ?? PartitionKey.Anonymous : PartitionKey.Of(options.UserId),
            SessionId = options.SessionId ?? outer?.SessionId ?? RunIdentity.NewSessionId(),
            Metadata = Merge(outer?.Metadata, options.Metadata),
        };
        var time = options.Time ?? outer?.Time ?? TimeProvider.System;
        var audit = options.AuditLog ?? workflow.Options.AuditLog ?? outer?.AuditLog;
        return new RunContext
        {
            Run = run,
            Events = new InProcessRunLog(run, time, audit, stream),
            Usage = new UsageMeter(StepScope.Current?.Usage),
            Memory = options.Memory ?? workflow.Options.Memory ?? outer?.Memory,
            ResponseTone = options.ResponseTone ?? workflow.Options.ResponseTone ?? outer?.ResponseTone,
            AuditLog = audit,
            Approvals = options.Approvals ?? outer?.Approvals,
            Dispatcher = options.Dispatcher ?? outer?.Dispatcher,
            Time = time,
            Services = options.Services ?? outer?.Services,
        };
    }

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string>? inherited, IReadOnlyDictionary<string, string> own)
    {
        if (inherited is null || inherited.Count == 0) return own;
        if (own.Count == 0) return inherited;
        var merged = new Dictionary<string, string>(inherited, StringComparer.Ordinal);
        foreach (var (key, value) in own) merged[key] = value;
        return merged;
    }
}
