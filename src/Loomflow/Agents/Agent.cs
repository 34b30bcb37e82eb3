using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// A model's loop: it answers, calls tools, sees what they return, and goes on until it is done or a limit stops it. An agent holds no
/// state of a run, so one agent serves any number of runs at the same time. It is a step: a workflow can have it as a node.
/// </summary>
public sealed class Agent : Step<string, string>
{
    /// <summary>How long a tool that was told to stop is waited for.</summary>
    internal static readonly TimeSpan CancellationGrace = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<AgentRun, byte> _running = new(ReferenceEqualityComparer.Instance);
    private readonly ToolSet _tools;

    /// <summary>Creates an agent.</summary>
    /// <param name="instructions">What the agent is to do: its part of the system message.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="ArgumentException">Two tools have the same name.</exception>
    public Agent(string instructions, IChatClient model, AgentOptions? options = null) : base((options ?? AgentOptions.Default).Name)
    {
        ArgumentNullException.ThrowIfNull(instructions);
        ArgumentNullException.ThrowIfNull(model);
        Instructions = instructions;
        Options = options ?? AgentOptions.Default;
        Metadata = model.GetService<ChatClientMetadata>();
        TakesSchema = Options.Fallbacks.Prepend(model).All(ModelCapabilities.TakesJsonSchema);
        Models = new ModelCaller(model, Options);
        _tools = ToolSet.Of(Name, Options.Tools);
    }

    /// <summary>Creates an agent whose model is given by name, for example <c>claude-opus-4-7</c>, <c>gpt-4.1-mini</c>, <c>offline</c> or <c>echo</c>.</summary>
    /// <param name="instructions">What the agent is to do: its part of the system message.</param>
    /// <param name="model">A name that <see cref="ModelCatalog.Default"/> knows.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="ArgumentException">No such model is known; the message lists those that are.</exception>
    public Agent(string instructions, string model, AgentOptions? options = null) : this(instructions, ModelCatalog.Default.Create(model), options)
    {
    }

    /// <summary>What the agent is to do.</summary>
    public string Instructions { get; }

    /// <summary>Everything else about it.</summary>
    public AgentOptions Options { get; }

    internal ChatClientMetadata? Metadata { get; }

    internal bool TakesSchema { get; }

    internal ModelCaller Models { get; }

    internal override bool AcceptsText => true;

    /// <summary>
    /// Runs to the end. Inside a step or tool the agent works as a part of that run and inherits everything that
    /// <paramref name="options"/> leave out; with a user, session, metadata, run id, audit log or clock of its own it is a run of its own.
    /// </summary>
    /// <returns>What came of it. A limit (turns, budget, guardrail) is a result with a <see cref="AgentResult.StopReason"/>, not an exception.</returns>
    /// <exception cref="ModelException">No model answered.</exception>
    /// <exception cref="OutputInvalidException">The answer does not fit <see cref="AgentOptions.Output"/>.</exception>
    /// <exception cref="TimeoutException">The run took longer than its timeout.</exception>
    public Task<AgentResult> RunAsync(string prompt, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return RunAsync(prompt, options ?? RunOptions.Default, Options.Output, null, cancellationToken);
    }

    /// <summary>Runs to the end and gives the answer as a <typeparamref name="T"/>. The model is given the type's JSON schema.</summary>
    /// <inheritdoc cref="RunAsync(string,RunOptions,CancellationToken)" path="/exception"/>
    public async Task<AgentResult<T>> RunAsync<T>(string prompt, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new AgentResult<T>(await RunAsync(prompt, options ?? RunOptions.Default, OutputSchema.Of<T>(), null, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Runs and shows everything as it happens: events with their sequence numbers, and pieces of the model's answer between them. The last
    /// event, and only the last, is terminal; after a failed or cancelled one the exception follows. Leaving the loop early cancels the run.
    /// </summary>
    public IAsyncEnumerable<RunUpdate> StreamAsync(string prompt, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return RunStream.Of((stream, stop) => RunAsync(prompt, options ?? RunOptions.Default, Options.Output, stream, stop), cancellationToken);
    }

    /// <summary>Puts a message from the user into a run that is under way, before its next turn.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="message">What the user says.</param>
    /// <returns>Whether this agent works for such a run in this process.</returns>
    public bool Steer(string runId, string message)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(message);
        var found = false;
        foreach (var (run, _) in _running)
        {
            if (run.RunId != runId) continue;
            run.Steer(message);
            found = true;
        }

        return found;
    }

    /// <summary>The agent as a tool of another one: it is given a text and gives its answer. Its own tools pass its own gates.</summary>
    /// <param name="name">The name shown to models; the agent's own when left out.</param>
    /// <param name="description">What it is for and when to call it; <see cref="AgentOptions.Description"/> when left out.</param>
    /// <param name="inputArg">The name of its one parameter.</param>
    public Tool AsTool(string? name = null, string? description = null, string inputArg = "input") => Tool.OfText(
        name ?? Tool.NameFrom(Name),
        description ?? Options.Description ?? $"Ask the agent '{Name}'.",
        inputArg,
        async (input, cancellationToken) =>
        {
            var result = await RunAsync(input, RunOptions.Default, Options.Output, null, cancellationToken).ConfigureAwait(false);
            return result.IsComplete ? result.Output : $"[stopped before it had finished: {StopReasons.Text(result)}] {result.Output}";
        });

    /// <summary>The agent as a step that takes a <typeparamref name="TIn"/>: text as it is, everything else as JSON.</summary>
    public Step<TIn, string> AsStep<TIn>() => new AgentStep<TIn, string>(this, Options.Output);

    /// <summary>The agent as a step that takes a <typeparamref name="TIn"/> and answers with a <typeparamref name="TOut"/>.</summary>
    public Step<TIn, TOut> AsStep<TIn, TOut>() => new AgentStep<TIn, TOut>(this, OutputSchema.Of<TOut>());

    internal override async ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) =>
        (await InvokeAsync(Payload.Of(input).ToString(), Options.Output, cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Runs as a workflow's step: what stopped short does not flow on, unless it is meant to.</summary>
    internal async ValueTask<AgentResult> InvokeAsync(string prompt, OutputSchema? output, CancellationToken cancellationToken)
    {
        var result = await RunAsync(prompt, RunOptions.Default, output, null, cancellationToken).ConfigureAwait(false);
        return result.IsComplete || Options.PassPartialOutput ? result : throw new AgentStoppedException(Name, result);
    }

    private async Task<AgentResult> RunAsync(string prompt, RunOptions options, OutputSchema? output, RunStream? stream, CancellationToken cancellationToken)
    {
        var tools = _tools;
        foreach (var source in Options.ToolSources)
        {
            tools = tools.With(Name, await source.ListAsync(cancellationToken).ConfigureAwait(false));
        }

        var scope = AgentScope.Open(this, options, stream);
        var tone = options.ResponseTone ?? Options.ResponseTone ?? scope.Context.ResponseTone;
        var run = new AgentRun(this, scope, tools, output, tone);
        _running.TryAdd(run, 0);
        try
        {
            return await run.ExecuteAsync(prompt, options.Timeout ?? Options.Timeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(run, out _);
        }
    }
}
