using System.Threading.Channels;
using Loomflow.ThinkAct;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// An agent whose steps are the methods of a class. A method marked with <c>[Think]</c>, <c>[Act]</c>, <c>[Observe]</c> or <c>[Synthesize]</c> returns
/// the prompt, the model's answer is the step's result, and the steps run in order of declaration (those of base classes first) or as
/// the <c>[Run]</c> method says. Parameters are filled with the results of earlier steps, the latest first, and then the
/// input; by name with <see cref="FromStepAttribute"/>; or with the <see cref="StepContext"/>.
/// </summary>
/// <remarks>
/// It is a step: a workflow can have it as a node, and another agent as a tool. Every step is an event and a span of its own and is
/// not run again when the run is resumed. An instance serves any number of runs at the same time, as long as its own methods do.
/// </remarks>
public abstract class StepAgent : Step<string, string>
{
    private readonly string _ownSession = RunIdentity.NewSessionId();

    /// <summary>Creates the agent.</summary>
    /// <param name="model">The model of every step that names none.</param>
    /// <param name="options">Everything else. The agent is named as its class unless they name it.</param>
    /// <exception cref="StepAgentDefinitionException">The class contradicts itself.</exception>
    protected StepAgent(IChatClient model, StepAgentOptions? options = null) : base(AgentOptions.Default.Name)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new StepAgentOptions();
        Name = options.Agent.Name == AgentOptions.Default.Name ? GetType().Name : options.Agent.Name;
        Options = options.Validated(Name);
        Definition = StepAgentDefinition.Of(GetType());
        Sessions = new StepSessions(Options.MaxHistory);
        Model = new Agent(
            Options.Instructions,
            Options.Models.Count > 0 ? new NamedModels(model, Options.Models) : model,
            Options.Agent with { Name = Name, Tools = [.. Options.Tools.Select(tool => tool.Function)] });
    }

    /// <summary>Creates the agent with a model given by name, for example <c>gpt-4.1-mini</c>, <c>offline</c> or <c>echo</c>.</summary>
    /// <param name="model">A name that <see cref="ModelCatalog.Default"/> knows.</param>
    /// <param name="options">Everything else.</param>
    protected StepAgent(string model, StepAgentOptions? options = null) : this(ModelCatalog.Default.Create(model), options)
    {
    }

    /// <summary>Everything about the agent besides its steps and its model.</summary>
    public StepAgentOptions Options { get; }

    /// <summary>The names of the steps, in the order in which they run.</summary>
    public IReadOnlyList<string> Steps => [.. Definition.Steps.Select(step => step.Name)];

    internal StepAgentDefinition Definition { get; }

    internal StepSessions Sessions { get; }

    /// <summary>Calls models and tools, with all that an agent's options say about it.</summary>
    internal Agent Model { get; }

    internal override bool AcceptsText => true;

    /// <summary>Runs the steps and gives what came of it. Inside another run the agent works as a part of it.</summary>
    /// <returns>What came of it. A limit (budget, guardrail) is a result with a <see cref="AgentResult.StopReason"/>, not an exception.</returns>
    /// <exception cref="ModelException">No model answered.</exception>
    /// <exception cref="OutputInvalidException">An answer does not fit its type.</exception>
    /// <exception cref="Exception">What a required step threw, as it was thrown.</exception>
    public Task<StepAgentResult> RunAsync(string input, StepAgentRunOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(input, options, stream: null, cancellationToken);

    /// <summary>
    /// Runs the steps and shows everything as it happens: events, and between them the pieces of the answers of steps that stream. The last event,
    /// and only the last, is terminal; leaving the loop early cancels the run.
    /// </summary>
    public IAsyncEnumerable<RunUpdate> StreamAsync(string input, StepAgentRunOptions? options = null, CancellationToken cancellationToken = default) =>
        RunStream.Of((stream, stop) => RunAsync(input, options, stream, stop), cancellationToken);

    /// <summary>The agent as a tool of another one: it is given a text and gives its answer.</summary>
    /// <param name="name">The name shown to models; the agent's own when left out.</param>
    /// <param name="description">What it is for and when to call it; what the options or <see cref="RunAttribute"/> say when left out.</param>
    public Tool AsTool(string? name = null, string? description = null) => Tool.OfText(
        name ?? Tool.NameFrom(Name),
        description ?? Options.Agent.Description ?? Definition.RunDescription ?? $"Ask the agent '{Name}'.",
        "input",
        async (input, cancellationToken) => (await RunAsync(input, options: null, cancellationToken).ConfigureAwait(false)).Output);

    /// <summary>Runs a step of this agent from its <c>[Run]</c> method, or from another step: asks the model and gives the answer as text.</summary>
    /// <param name="step">The method.</param>
    /// <param name="arguments">What it is given, in order. What is left out is filled as it would be without a <c>[Run]</c> method.</param>
    /// <returns>The result: the latest one there is where the step is switched off, nothing where it failed and is not required.</returns>
    /// <exception cref="InvalidOperationException">The agent is not running here, or the method is none of its steps.</exception>
    protected async Task<string> StepAsync(Delegate step, params object?[] arguments) =>
        StepValue.Text(await StepAgentRun.Of(this).CallAsync(step, arguments).ConfigureAwait(false));

    /// <summary>Runs a step of this agent from its <c>[Run]</c> method, or from another step: asks the model and gives the answer as a <typeparamref name="T"/>.</summary>
    /// <inheritdoc cref="StepAsync(Delegate,object?[])"/>
    protected async Task<T?> StepAsync<T>(Delegate step, params object?[] arguments) =>
        (T?)StepValue.Convert(await StepAgentRun.Of(this).CallAsync(step, arguments).ConfigureAwait(false), typeof(T));

    /// <summary>Runs a step of this agent from its <c>[Run]</c> method and gives the pieces of the answer as they come.</summary>
    /// <inheritdoc cref="StepAsync(Delegate,object?[])"/>
    protected async IAsyncEnumerable<string> StreamStepAsync(Delegate step, params object?[] arguments)
    {
        var pieces = Channel.CreateUnbounded<string>();
        var work = RunAsync();
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync().ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            await work.ConfigureAwait(false);
        }

        async Task RunAsync()
        {
            try
            {
                await StepAgentRun.Of(this).CallAsync(step, arguments, piece => pieces.Writer.WriteAsync(piece)).ConfigureAwait(false);
            }
            finally
            {
                pieces.Writer.Complete();
            }
        }
    }

    internal override async ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken)
    {
        var result = await RunAsync(Payload.Of(input).ToString(), options: null, cancellationToken).ConfigureAwait(false);
        return result.IsComplete || Options.Agent.PassPartialOutput ? result.Output : throw new AgentStoppedException(Name, result);
    }

    private async Task<StepAgentResult> RunAsync(string input, StepAgentRunOptions? options, RunStream? stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        options ??= new StepAgentRunOptions();

        // Somebody who never names a session means one conversation with this agent.
        var run = StepScope.Current is null && options.Run.SessionId is null ? options.Run with { SessionId = _ownSession } : options.Run;
        var scope = AgentScope.Open(Model, run, stream);
        return await new StepAgentRun(this, scope, options with { Run = run }, input).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }
}
