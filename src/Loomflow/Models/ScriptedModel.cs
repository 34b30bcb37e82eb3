using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>A model that follows a script and records how it was called. Safe for concurrent runs.</summary>
public sealed class ScriptedModel : IChatClient
{
    private static readonly ChatClientMetadata s_metadata = new("loomflow", defaultModelId: "scripted");
    private readonly Func<ModelCall, int, ScriptedTurn> _answer;
    private readonly Lock _lock = new();
    private readonly List<ModelCall> _calls = [];

    internal ScriptedModel(IReadOnlyList<ScriptedTurn> turns) => _answer = (_, index) => index < turns.Count
        ? turns[index]
        : throw new InvalidOperationException($"The script has {turns.Count} turns and the model was called {index + 1} times: add a turn, or let the last one not ask for a tool.");

    internal ScriptedModel(Func<ModelCall, ScriptedTurn> answer) => _answer = (call, _) => answer(call);

    /// <summary>Every call so far, in order.</summary>
    public IReadOnlyList<ModelCall> Calls
    {
        get { lock (_lock) return [.. _calls]; }
    }

    /// <inheritdoc />
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = new ModelCall([.. messages], options, Streaming: false);
        var turn = Next(call);
        if (turn.Failure is not null) return Task.FromException<ChatResponse>(turn.Failure);
        List<AIContent> contents = turn.Text.Length > 0 ? [new TextContent(turn.Text)] : [];
        contents.AddRange(turn.Calls);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ModelId = turn.Model ?? s_metadata.DefaultModelId,
            FinishReason = FinishReason(turn),
            Usage = UsageOf(turn, call),
        });
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = new ModelCall([.. messages], options, Streaming: true);
        var turn = Next(call);
        var pieces = 0;
        foreach (var piece in WordPieces.Of(turn.Text))
        {
            if (turn.Failure is not null && pieces == turn.FailAfter) throw turn.Failure;
            cancellationToken.ThrowIfCancellationRequested();
            pieces++;
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = turn.Model ?? s_metadata.DefaultModelId };
        }

        if (turn.Failure is not null) throw turn.Failure;
        yield return new ChatResponseUpdate(ChatRole.Assistant, [.. turn.Calls, new UsageContent(UsageOf(turn, call))])
        {
            ModelId = turn.Model ?? s_metadata.DefaultModelId,
            FinishReason = FinishReason(turn),
        };
        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceType == typeof(ChatClientMetadata) ? s_metadata : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private ScriptedTurn Next(ModelCall call)
    {
        int index;
        lock (_lock)
        {
            index = _calls.Count;
            _calls.Add(call);
        }

        return _answer(call, index);
    }

    private static ChatFinishReason FinishReason(ScriptedTurn turn) =>
        turn.FinishReason ?? (turn.Calls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);

    private static UsageDetails UsageOf(ScriptedTurn turn, ModelCall call)
    {
        if (turn.Usage is not null) return turn.Usage;
        long input = call.Messages.Sum(message => WordPieces.Count(message.Text));
        long output = WordPieces.Count(turn.Text);
        return new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output };
    }
}
