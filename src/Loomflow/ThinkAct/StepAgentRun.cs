using System.Reflection;

namespace Loomflow.ThinkAct;

/// <summary>One run of a class of steps, from its first event to its last.</summary>
internal sealed class StepAgentRun
{
    private static readonly AsyncLocal<StepAgentRun?> s_current = new();
    private readonly StepAgent _agent;
    private readonly StepScope _scope;
    private readonly RunContext _context;
    private readonly StepAgentRunOptions _options;
    private readonly string _input;
    private readonly StepSessions.Session _session;
    private readonly StepExecution _execution;
    private readonly StepBinder _binder;
    private readonly Recovered _recovered;
    private CancellationToken _token;

    public StepAgentRun(StepAgent agent, StepScope scope, StepAgentRunOptions options, string input)
    {
        (_agent, _scope, _context, _options, _input) = (agent, scope, scope.Context, options, input);
        _session = agent.Sessions.Open(_context.Run.Partition, _context.SessionId);
        _recovered = Recovered.From(_context.History?.At(scope.Path));
        Steps = new StepContext(input, _session.History, _session.Memory);
        _binder = new StepBinder(Steps);
        _execution = new StepExecution(agent, scope, Steps, options);
    }

    private StepContext Steps { get; }

    /// <summary>The run of <paramref name="agent"/> that the calling code works for.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static StepAgentRun Of(StepAgent agent) => s_current.Value is { } run && run._agent == agent
        ? run
        : throw new InvalidOperationException($"A step of '{agent.Name}' was called outside a run of it: call RunAsync, and the steps from its [Run] method.");

    public async Task<StepAgentResult> ExecuteAsync(CancellationToken cancellationToken)
    {
        using var entered = _scope.Enter();
        if (_recovered.Completed is { } done) return Again(done);

        s_current.Value = this;
        var startedAt = _recovered.StartedAt ?? _context.Time.GetUtcNow();
        var timeout = _options.Run.Timeout ?? _agent.Options.Agent.Timeout;
        var result = await AgentLifecycle.RunAsync(_agent.Model, _scope, _recovered, _input, timeout, RunAsync, cancellationToken).ConfigureAwait(false);
        if (result.IsComplete) _session.Add(new Interaction(Steps.Input, result.Output, result.Results));
        return result;

        Task<StepAgentResult> RunAsync(CancellationToken token)
        {
            _token = token;
            return RunStepsAsync(startedAt);
        }
    }

    /// <summary>Runs one step that the agent's own code asks for.</summary>
    public async ValueTask<object?> CallAsync(Delegate method, object?[] arguments, Func<string, ValueTask>? tap = null)
    {
        var step = _agent.Definition.Steps.FirstOrDefault(one => one.Method == method.Method || one.Method.GetBaseDefinition() == method.Method.GetBaseDefinition())
            ?? throw new InvalidOperationException($"'{method.Method.Name}' is no step of '{_agent.Name}': mark it with [Think], [Act], [Observe] or [Synthesize]. Its steps are {string.Join(", ", _agent.Steps)}.");
        if (!step.Attribute.Enabled) return _binder.Latest;
        var (_, result) = await RunAsync(step, arguments, stream: null, tap).ConfigureAwait(false);
        return result;
    }

    private async Task<StepAgentResult> RunStepsAsync(DateTimeOffset startedAt)
    {
        var guardrails = _agent.Options.Agent.Guardrails;
        var (text, blockedBy) = await Guards.ApplyAsync(guardrails, GuardrailStage.Input, _input, _scope, _token).ConfigureAwait(false);
        if (blockedBy is not null) return ResultOf(text, null, startedAt, StopReason.Guardrail, blockedBy);
        Steps.Input = text;

        object? last = text;
        try
        {
            last = _agent.Definition.Run is { } own
                ? await _agent.Definition.RunResult!.ReadAsync(own.Invoke(own.IsStatic ? null : _agent, BindingFlags.DoNotWrapExceptions, binder: null, _binder.BindRun(own, _token), culture: null)).ConfigureAwait(false)
                : await InOrderAsync(text).ConfigureAwait(false);
        }
        catch (StepAgentStoppedException stopped)
        {
            return ResultOf(StepValue.Text(_binder.Latest), null, startedAt, stopped.Reason, stopped.Detail);
        }

        (text, blockedBy) = await Guards.ApplyAsync(guardrails, GuardrailStage.Output, StepValue.Text(last), _scope, _token).ConfigureAwait(false);
        return blockedBy is null
            ? ResultOf(text, last is string ? text : last, startedAt, StopReason.Completed, null)
            : ResultOf(text, null, startedAt, StopReason.Guardrail, blockedBy);
    }

    private async ValueTask<object?> InOrderAsync(object? last)
    {
        var steps = _agent.Definition.Steps.Where(step => step.Attribute.Enabled).ToList();
        foreach (var step in steps)
        {
            _token.ThrowIfCancellationRequested();
            var (ok, result) = await RunAsync(step, [], step == steps[^1] ? _options.Stream : null, tap: null).ConfigureAwait(false);
            if (ok) last = result;
        }

        return last;
    }

    private async ValueTask<(bool Ok, object? Result)> RunAsync(StepDefinition step, object?[] given, bool? stream, Func<string, ValueTask>? tap)
    {
        try
        {
            var arguments = _binder.Bind(step, given);
            var result = await _execution.RunAsync(step, arguments, stream ?? step.Attribute.Stream, tap, _token).ConfigureAwait(false);
            _binder.Add(step, result);
            return (true, result);
        }
        catch (Exception failure) when (!step.Attribute.Required && failure is not StepAgentStoppedException && !_token.IsCancellationRequested)
        {
            await _scope.AppendAsync(new AgentProgressed
            {
                Activity = "step_skipped",
                Detail = Payload.Of(new Dictionary<string, object?> { ["step"] = step.Name, ["error"] = failure.Message }),
            }).ConfigureAwait(false);
            return (false, null);
        }
    }

    private StepAgentResult ResultOf(string output, object? value, DateTimeOffset startedAt, StopReason reason, string? detail) => new()
    {
        RunId = _context.RunId,
        SessionId = _context.SessionId,
        Output = output,
        Value = value,
        StopReason = reason,
        StopDetail = detail,
        Turns = _execution.Turns,
        Usage = _scope.Consumed,
        StartedAt = startedAt,
        CompletedAt = _context.Time.GetUtcNow(),
        Results = new Dictionary<string, object?>(Steps.Results, StringComparer.Ordinal),
    };

    /// <summary>The result of a run that had already completed.</summary>
    private StepAgentResult Again(RunCompleted done)
    {
        var (reason, detail) = StopReasons.Parse(done.StopReason);
        _scope.Usage.Add(done.Usage);
        var output = done.Output.ToString();
        return ResultOf(output, output, _recovered.StartedAt ?? done.Time, reason, detail) with { CompletedAt = done.Time, Turns = done.Turns };
    }
}
