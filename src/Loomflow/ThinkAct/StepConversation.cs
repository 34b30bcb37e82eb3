using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>The model calls of one step, through the one way in which models are called. Each is a turn in the run's events; those of an earlier attempt are not made again.</summary>
internal sealed class StepConversation
{
    private readonly StepAgent _agent;
    private readonly BudgetGate _budget;
    private readonly StepScope _loud;
    private readonly StepScope _quiet;
    private readonly Action _answered;
    private readonly Dictionary<int, TurnCompleted> _earlier;
    private int _turn;

    public StepConversation(StepAgent agent, StepScope scope, BudgetGate budget, StepArguments arguments, bool stream, Func<string, ValueTask>? tap, Action answered)
    {
        (_agent, Scope, _budget, _answered) = (agent, scope, budget, answered);
        _loud = WithEvents(new StepEvents(scope.Context.Events, stream, tap));
        _quiet = WithEvents(new StepEvents(scope.Context.Events, stream: false));

        // Only of the same question: an earlier attempt that was given something else has nothing to say here.
        var earlier = scope.Context.History?.At(scope.Path) ?? [];
        var same = earlier.OfType<StepStarted>().LastOrDefault() is { } started && started.Input == Payload.Of(arguments);
        _earlier = same ? earlier.OfType<TurnCompleted>().GroupBy(turn => turn.Turn).ToDictionary(turn => turn.Key, turn => turn.Last()) : [];
        Recovered = Recovered.From(same ? earlier : null);
    }

    /// <summary>The step's place in the run.</summary>
    public StepScope Scope { get; }

    /// <summary>What tools returned on earlier attempts.</summary>
    public Recovered Recovered { get; }

    /// <summary>The turn that comes next, from 0.</summary>
    public int Turn => _turn;

    public ValueTask<ChatResponse> AskAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, CancellationToken cancellationToken) =>
        AskAsync(messages, chat, _loud, cancellationToken);

    /// <summary>Asks without showing the pieces of the answer to anybody.</summary>
    public ValueTask<ChatResponse> AskQuietlyAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, CancellationToken cancellationToken) =>
        AskAsync(messages, chat, _quiet, cancellationToken);

    /// <summary>Shows a text that no model wrote.</summary>
    public ValueTask ShowAsync(string text, CancellationToken cancellationToken) =>
        _loud.Context.Events.WriteDeltaAsync(new TextDelta(Scope.Path, text), cancellationToken);

    private async ValueTask<ChatResponse> AskAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, StepScope scope, CancellationToken cancellationToken)
    {
        var turn = _turn++;
        _answered();
        if (_earlier.TryGetValue(turn, out var known))
        {
            Scope.Usage.Add(known.Usage);
            return new ChatResponse([.. known.Messages.As<TurnMessages>()!.Messages])
            {
                ModelId = known.Model,
                FinishReason = known.FinishReason is { } reason ? new ChatFinishReason(reason) : null,
            };
        }

        using var span = AgentTelemetry.StartTurn(Scope, turn);
        var answer = await _agent.Model.Models.CallAsync(messages, chat, _budget, scope, turn, cancellationToken).ConfigureAwait(false);
        if (answer.Refused is { } limit)
        {
            await Scope.AppendAsync(new BudgetExceeded { Limit = limit }).ConfigureAwait(false);
            throw new StepAgentStoppedException(StopReason.Budget, limit);
        }

        var response = answer.Response!;
        await Scope.AppendAsync(new TurnCompleted
        {
            Turn = turn,
            Model = response.ModelId ?? chat.ModelId ?? _agent.Model.Metadata?.DefaultModelId,
            Messages = Payload.Of(new TurnMessages([.. response.Messages])),
            Usage = answer.Usage,
            FinishReason = response.FinishReason?.Value,
        }).ConfigureAwait(false);
        return response;
    }

    private StepScope WithEvents(IRunEventWriter events) =>
        Scope.With(Scope.Context with { Events = events, Usage = Scope.Usage });
}
