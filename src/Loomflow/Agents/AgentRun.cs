using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>One run of an agent: the loop of model answers and tool calls, from its first event to its last.</summary>
internal sealed class AgentRun
{
    private readonly Agent _agent;
    private readonly AgentOptions _options;
    private readonly StepScope _scope;
    private readonly RunContext _context;
    private readonly OutputSchema? _output;
    private readonly Recovered _recovered;
    private readonly Conversation _conversation;
    private readonly ChatMessage _system;
    private readonly ChatOptions _chat;
    private readonly ToolCaller _tools;
    private readonly BudgetGate _budget;
    private readonly AgentMemory? _memory;
    private readonly ConcurrentQueue<string> _steering = new();
    private ChatFinishReason? _finishReason;
    private int _stopHooksFired;
    private int _repairs;

    public AgentRun(Agent agent, StepScope scope, ToolSet tools, OutputSchema? output, string? tone)
    {
        (_agent, _options, _scope, _context, _output) = (agent, agent.Options, scope, scope.Context, output);
        _recovered = Recovered.From(_context.History?.At(scope.Path));
        _conversation = _recovered.Conversation;
        _finishReason = _recovered.FinishReason;
        foreach (var message in _recovered.Steering) _steering.Enqueue(message);
        foreach (var message in _conversation.Messages)
        {
            if (Marks.Of(message) == Marks.Repair) _repairs++;
            if (Marks.Of(message) == Marks.StopHook) _stopHooksFired++;
        }

        _system = new ChatMessage(ChatRole.System, SystemPrompt.Of(agent.Instructions, output is null || agent.TakesSchema ? null : output, tone));
        _chat = ChatOptionsFor(tools);
        _tools = new ToolCaller(agent, _options, tools, scope, _recovered);
        _budget = new BudgetGate(_options, scope);
        if ((_options.Memory ?? _context.Memory) is { } memory) _memory = new AgentMemory(memory, _options, agent.Name, scope);
    }

    public string RunId => _context.RunId;

    public string Path => _scope.Path;

    /// <summary>Puts a message from the user into the conversation before the next turn.</summary>
    public void Steer(string message) => _steering.Enqueue(message);

    public async Task<AgentResult> ExecuteAsync(string prompt, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var entered = _scope.Enter();
        if (_recovered.Completed is { } done) return Again(done);

        var startedAt = _recovered.StartedAt ?? _context.Time.GetUtcNow();
        return await AgentLifecycle.RunAsync(_agent, _scope, _recovered, prompt, timeout, RunAsync, cancellationToken).ConfigureAwait(false);

        async Task<AgentResult> RunAsync(CancellationToken token)
        {
            _scope.Usage.Add(_recovered.Usage);
            var stop = await LoopAsync(prompt, token).ConfigureAwait(false);
            var result = ResultOf(stop, startedAt);
            if (_memory is not null && result.IsComplete) await _memory.RememberAsync(prompt, result, token).ConfigureAwait(false);
            return result;
        }
    }

    private async ValueTask<Stop> LoopAsync(string prompt, CancellationToken cancellationToken)
    {
        if (_conversation.Messages.Count == 0)
        {
            var (text, blockedBy) = await Guards.ApplyAsync(_options.Guardrails, GuardrailStage.Input, prompt, _scope, cancellationToken).ConfigureAwait(false);
            if (blockedBy is not null) return new Stop(StopReason.Guardrail, blockedBy, text);
            if (_memory is not null) await _memory.RecallAsync(text, _conversation, cancellationToken).ConfigureAwait(false);
            _conversation.Add(new ChatMessage(ChatRole.User, text));
        }

        await FinishOpenTurnAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (_conversation.LastAnswer is not null)
            {
                if (await FinishAsync(cancellationToken).ConfigureAwait(false) is { } finished) return finished;
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (_conversation.Turns >= _options.MaxTurns) return new Stop(StopReason.MaxTurns, null, _conversation.LastText);
            if (await TurnAsync(cancellationToken).ConfigureAwait(false) is { } stopped) return stopped;
        }
    }

    /// <summary>One turn: the model answers, and what it asks for is done.</summary>
    private async ValueTask<Stop?> TurnAsync(CancellationToken cancellationToken)
    {
        var turn = _conversation.Turns;
        using var span = AgentTelemetry.StartTurn(_scope, turn);
        try
        {
            return await TurnAsync(turn, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            span.ConcludeBy(failure, cancellationToken);
            throw;
        }
    }

    private async ValueTask<Stop?> TurnAsync(int turn, CancellationToken cancellationToken)
    {
        await TakeSteeringAsync().ConfigureAwait(false);
        if (_options.Compaction is { } compaction) await Compactor.CompactAsync(compaction, _agent, _conversation, _budget, _scope, cancellationToken).ConfigureAwait(false);

        var answer = await _agent.Models.CallAsync([_system, .. _conversation.Messages], _chat, _budget, _scope, turn, cancellationToken).ConfigureAwait(false);
        if (answer.Response is not { } response)
        {
            await _scope.AppendAsync(new BudgetExceeded { Limit = answer.Refused! }).ConfigureAwait(false);
            return new Stop(StopReason.Budget, answer.Refused, _conversation.LastText);
        }

        var messages = Answers.Normalize(response.Messages, turn);
        _finishReason = response.FinishReason;
        await _scope.AppendAsync(new TurnCompleted
        {
            Turn = turn,
            Model = response.ModelId ?? _agent.Metadata?.DefaultModelId,
            Messages = Payload.Of(_conversation.AddTurn(messages)),
            Usage = answer.Usage,
            FinishReason = response.FinishReason?.Value,
        }).ConfigureAwait(false);

        var calls = Answers.CallsOf(messages);
        if (calls.Count > 0) await CallAsync(calls, [.. calls.Select(call => _scope.NestedPath(call.Name))], turn, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async ValueTask CallAsync(IReadOnlyList<FunctionCallContent> calls, IReadOnlyList<string> places, int turn, CancellationToken cancellationToken) =>
        _conversation.AddResults(await _tools.CallAllAsync(calls, places, turn, cancellationToken).ConfigureAwait(false));

    /// <summary>Names the places of earlier calls as they were named then, and makes the calls of the last turn that have not returned.</summary>
    private async ValueTask FinishOpenTurnAsync(CancellationToken cancellationToken)
    {
        if (_recovered.Calls.Count == 0) return;
        var places = _recovered.Calls.ConvertAll(call => _scope.NestedPath(call.Name));
        if (_conversation.LastAnswer is not { } last || Answers.CallsOf([last]) is not { Count: > 0 } open) return;
        var turn = _conversation.Turns - 1;
        using var span = AgentTelemetry.StartTurn(_scope, turn);
        await CallAsync(open, places[^open.Count..], turn, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at a finished answer: a stop, or nothing when the agent goes on.</summary>
    private async ValueTask<Stop?> FinishAsync(CancellationToken cancellationToken)
    {
        var answer = _conversation.LastAnswer!.Text;
        if (_finishReason == ChatFinishReason.Length) return new Stop(StopReason.Truncated, null, answer);
        if (_finishReason == ChatFinishReason.ContentFilter) return new Stop(StopReason.ContentFiltered, null, answer);

        if (await AskStopHooksAsync(answer, cancellationToken).ConfigureAwait(false) is { } message)
        {
            if (_stopHooksFired >= _options.MaxStopHookIterations) return new Stop(StopReason.StopHooksExhausted, null, answer);
            _stopHooksFired++;
            await _scope.AppendAsync(new AgentProgressed { Activity = Activities.StopHook, Detail = Payload.Of(message) }).ConfigureAwait(false);
            _conversation.Add(Marks.Put(Marks.StopHook, message));
            return null;
        }

        var (text, blockedBy) = await Guards.ApplyAsync(_options.Guardrails, GuardrailStage.Output, answer, _scope, cancellationToken).ConfigureAwait(false);
        if (blockedBy is not null) return new Stop(StopReason.Guardrail, blockedBy, text);
        if (_output is null) return new Stop(StopReason.Completed, null, text);

        var problems = _output.Read(text, out var value);
        if (problems.Count == 0) return new Stop(StopReason.Completed, null, text, value);
        if (_repairs >= _options.OutputRetries) throw new OutputInvalidException(_agent.Name, _output.Name, text, problems);
        _repairs++;
        await _scope.AppendAsync(new AgentProgressed { Activity = Activities.OutputRepair, Detail = Payload.Of(problems) }).ConfigureAwait(false);
        _conversation.Add(Marks.Put(Marks.Repair, $"That answer does not fit the required JSON schema:\n- {string.Join("\n- ", problems)}\nAnswer again with only the corrected JSON."));
        return null;
    }

    private async ValueTask<string?> AskStopHooksAsync(string answer, CancellationToken cancellationToken)
    {
        if (_options.MaxStopHookIterations == 0) return null;
        foreach (var hook in _options.StopHooks)
        {
            if (await hook(answer, _stopHooksFired, cancellationToken).ConfigureAwait(false) is { } message) return message;
        }

        return null;
    }

    private async ValueTask TakeSteeringAsync()
    {
        while (_steering.TryDequeue(out var message))
        {
            await _scope.AppendAsync(new AgentProgressed { Activity = Activities.Steered, Detail = Payload.Of(message) }).ConfigureAwait(false);
            _conversation.Add(Marks.Put(Marks.Steering, message));
        }
    }

    private ChatOptions ChatOptionsFor(ToolSet tools)
    {
        var chat = _options.Sampling?.Clone() ?? new ChatOptions();
        chat.Instructions = null;
        chat.Tools = tools.Offered.Count > 0 ? tools.Offered : null;
        chat.ResponseFormat = _output is not null && _agent.TakesSchema ? ChatResponseFormat.ForJsonSchema(_output.Schema, _output.Name) : null;
        return chat;
    }

    private AgentResult ResultOf(Stop stop, DateTimeOffset startedAt) => new()
    {
        RunId = _context.RunId,
        SessionId = _context.SessionId,
        Output = stop.Output,
        Value = stop.Value,
        StopReason = stop.Reason,
        StopDetail = stop.Detail,
        Turns = _conversation.Turns,
        Usage = _scope.Consumed,
        StartedAt = startedAt,
        CompletedAt = _context.Time.GetUtcNow(),
        Messages = _conversation.Messages,
    };

    /// <summary>The result of a run that had already completed.</summary>
    private AgentResult Again(RunCompleted done)
    {
        var (reason, detail) = StopReasons.Parse(done.StopReason);
        _scope.Usage.Add(done.Usage);
        object? value = null;
        if (reason == StopReason.Completed) _output?.Read(done.Output.ToString(), out value);
        return ResultOf(new Stop(reason, detail, done.Output.ToString(), value), _recovered.StartedAt ?? done.Time) with { CompletedAt = done.Time, Turns = done.Turns };
    }

    private sealed record Stop(StopReason Reason, string? Detail, string Output, object? Value = null);
}
