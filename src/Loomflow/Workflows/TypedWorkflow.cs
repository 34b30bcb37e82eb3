namespace Loomflow;

/// <summary>
/// A developer-controlled graph: the peer of an agent. Immutable once built, and without any state of a run, so one workflow
/// serves any number of concurrent runs. A workflow is a step, so it can be a node of another one.
/// </summary>
[TypeFormatterSource(typeof(WorkflowFormatterSource), PreferredMimeTypes = ["text/html"])]
public sealed class Workflow<TIn, TOut> : Step<TIn, TOut>, IWorkflow, INestedWorkflow
{
    internal Workflow(string name, Graph graph) : base(name) => Graph = graph;

    /// <inheritdoc />
    public string DefinitionHash => Graph.Hash;

    /// <inheritdoc />
    public WorkflowOptions Options => Graph.Options;

    /// <inheritdoc />
    public IReadOnlyList<string> NodeNames => [.. Graph.Nodes.Select(node => node.Name)];

    internal override StepKind Kind => StepKind.Workflow;

    internal Graph Graph { get; }

    Graph IWorkflow.Graph => Graph;

    /// <summary>Runs the workflow in this process.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="WorkflowCapException">A safety cap was reached.</exception>
    /// <exception cref="Exception">The first failure of a step, as it was thrown; see <see cref="RunFailures.GetSiblingFailures"/>.</exception>
    public async Task<WorkflowResult<TOut>> RunAsync(TIn input, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (run, state) = await InProcessEngine.RunAsync(this, Graph, Payload.Of(input), options ?? RunOptions.Default, stream: null, cancellationToken).ConfigureAwait(false);
        return new WorkflowResult<TOut>(run, Graph.Hash, state);
    }

    /// <summary>
    /// Runs the workflow in this process and shows every event and every piece of a model's answer as it comes. There is exactly one
    /// terminal event, whatever the outcome; an exception follows it. Leaving the stream cancels the run.
    /// </summary>
    public IAsyncEnumerable<RunUpdate> StreamAsync(TIn input, RunOptions? options = null, CancellationToken cancellationToken = default) =>
        RunStream.Of((stream, token) => InProcessEngine.RunAsync(this, Graph, Payload.Of(input), options ?? RunOptions.Default, stream, token), cancellationToken);

    /// <summary>Starts a run in this process that can be signalled, answered and cancelled through <paramref name="handle"/>.</summary>
    public Task<WorkflowResult<TOut>> RunAsync(TIn input, RunHandle handle, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        options ??= RunOptions.Default;
        return RunAsync(input, options with { RunId = handle.RunId, Attached = handle, Approvals = options.Approvals ?? handle }, cancellationToken);
    }

    /// <summary>
    /// The workflow as a tool that an agent can call: from the agent's view one call does all of it. The run is a child of the run that
    /// calls, with its user, session, metadata, memory, tone, audit log and trace; what it consumes counts for the agent too.
    /// </summary>
    /// <param name="name">The name shown to models; the workflow's own when left out.</param>
    /// <param name="description">What it does and when to call it; <c>Run the '…' workflow.</c> when left out.</param>
    /// <param name="inputArg">The name of its one parameter. Its schema is that of <typeparamref name="TIn"/>.</param>
    public Tool AsTool(string? name = null, string? description = null, string inputArg = "input")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(inputArg);
        var function = new WorkflowFunction<TIn, TOut>(this, name ?? Tool.NameFrom(Name), description ?? $"Run the '{Name}' workflow.", inputArg);
        return Tool.Of(function, new ToolOptions());
    }

    async Task<WorkflowResult> IWorkflow.RunAsync(Payload input, RunOptions? options, CancellationToken cancellationToken)
    {
        var (run, state) = await InProcessEngine.RunAsync(this, Graph, input, options ?? RunOptions.Default, stream: null, cancellationToken).ConfigureAwait(false);
        return new WorkflowResult(run, Graph.Hash, state);
    }

    Graph INestedWorkflow.Expand(Payload input) => Graph;

    internal override async ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) =>
        (await RunAsync((TIn)input!, options: null, cancellationToken).ConfigureAwait(false)).Output;
}
