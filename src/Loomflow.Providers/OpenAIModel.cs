using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Loomflow.Providers;

/// <summary>OpenAI's chat client as an <see cref="IChatClient"/>.</summary>
internal sealed class OpenAIModel(ChatClient client, string model, Uri endpoint) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("openai", endpoint, model);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var completion = (await client.CompleteChatAsync(OpenAIRequest.Messages(messages), OpenAIRequest.Options(options), cancellationToken).ConfigureAwait(false)).Value;
        List<AIContent> contents = [.. completion.Content.Where(part => part.Text is not null).Select(part => new TextContent(part.Text))];
        if (completion.Refusal is { Length: > 0 } refusal) contents.Add(new TextContent(refusal));
        contents.AddRange(completion.ToolCalls.Select(call => Call(call.Id, call.FunctionName, call.FunctionArguments.ToString())));
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ResponseId = completion.Id,
            ModelId = completion.Model,
            CreatedAt = completion.CreatedAt,
            FinishReason = completion.Refusal is { Length: > 0 } ? ChatFinishReason.ContentFilter : FinishReason(completion.FinishReason),
            Usage = UsageOf(completion.Usage),
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var calls = new SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)>();
        ChatResponseUpdate? last = null;
        var refused = false;
        await foreach (var piece in client.CompleteChatStreamingAsync(OpenAIRequest.Messages(messages), OpenAIRequest.Options(options), cancellationToken).ConfigureAwait(false))
        {
            foreach (var part in piece.ToolCallUpdates)
            {
                var (id, name, arguments) = calls.GetValueOrDefault(part.Index, (null, null, new StringBuilder()));
                arguments.Append(part.FunctionArgumentsUpdate?.ToString());
                calls[part.Index] = (part.ToolCallId ?? id, part.FunctionName ?? name, arguments);
            }

            List<AIContent> contents = [.. piece.ContentUpdate.Where(part => part.Text is not null).Select(part => new TextContent(part.Text))];
            if (piece.RefusalUpdate is { Length: > 0 } refusal)
            {
                refused = true;
                contents.Add(new TextContent(refusal));
            }

            if (piece.Usage is not null) contents.Add(new UsageContent(UsageOf(piece.Usage)!));
            if (piece.FinishReason is { } reason)
            {
                contents.AddRange(calls.Values.Select(call => Call(call.Id ?? "", call.Name ?? "", call.Arguments.ToString())));
                calls.Clear();
                last = Update([], piece);
                last.FinishReason = refused ? ChatFinishReason.ContentFilter : FinishReason(reason);
            }

            if (contents.Count > 0) yield return Update(contents, piece);
        }

        if (last is null) throw new ModelException(ModelErrorKind.Transient, "The answer broke off before its end.");
        yield return last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType == typeof(ChatClient) ? client
        : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static ChatResponseUpdate Update(IList<AIContent> contents, StreamingChatCompletionUpdate piece) => new(ChatRole.Assistant, contents)
    {
        ResponseId = piece.CompletionId,
        MessageId = piece.CompletionId,
        ModelId = piece.Model,
        CreatedAt = piece.CreatedAt,
    };

    private static FunctionCallContent Call(string id, string name, string arguments) => FunctionCallContent.CreateFromParsedArguments(
        arguments, id, name, static json => json.Length == 0 ? [] : JsonSerializer.Deserialize<Dictionary<string, object?>>(json, AIJsonUtilities.DefaultOptions)!);

    private static ChatFinishReason FinishReason(OpenAI.Chat.ChatFinishReason reason) => reason switch
    {
        OpenAI.Chat.ChatFinishReason.Length => ChatFinishReason.Length,
        OpenAI.Chat.ChatFinishReason.ContentFilter => ChatFinishReason.ContentFilter,
        OpenAI.Chat.ChatFinishReason.ToolCalls or OpenAI.Chat.ChatFinishReason.FunctionCall => ChatFinishReason.ToolCalls,
        _ => ChatFinishReason.Stop,
    };

    private static UsageDetails? UsageOf(ChatTokenUsage? usage) => usage is null ? null : new UsageDetails
    {
        InputTokenCount = usage.InputTokenCount,
        OutputTokenCount = usage.OutputTokenCount,
        TotalTokenCount = usage.TotalTokenCount,
        CachedInputTokenCount = usage.InputTokenDetails?.CachedTokenCount,
        ReasoningTokenCount = usage.OutputTokenDetails?.ReasoningTokenCount,
    };
}
