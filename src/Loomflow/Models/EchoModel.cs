using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Says back what the user said last.</summary>
internal sealed class EchoModel : IChatClient
{
    private static readonly ChatClientMetadata s_metadata = new("loomflow", defaultModelId: "echo");

    private EchoModel()
    {
    }

    public static EchoModel Instance { get; } = new();

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (text, usage) = Answer(messages);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
        {
            ModelId = s_metadata.DefaultModelId,
            FinishReason = ChatFinishReason.Stop,
            Usage = usage,
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (text, usage) = Answer(messages);
        foreach (var piece in WordPieces.Of(text))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = s_metadata.DefaultModelId };
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(usage)])
        {
            ModelId = s_metadata.DefaultModelId,
            FinishReason = ChatFinishReason.Stop,
        };
        await Task.CompletedTask.ConfigureAwait(false);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? s_metadata : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static (string Text, UsageDetails Usage) Answer(IEnumerable<ChatMessage> messages)
    {
        ChatMessage? last = null;
        long words = 0;
        foreach (var message in messages)
        {
            words += WordPieces.Count(message.Text);
            if (message.Role == ChatRole.User) last = message;
        }

        var text = $"Echo: {last?.Text}";
        var answered = WordPieces.Count(text);
        return (text, new UsageDetails { InputTokenCount = words, OutputTokenCount = answered, TotalTokenCount = words + answered });
    }
}
