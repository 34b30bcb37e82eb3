using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.Offline;

/// <summary>
/// Answers by rules and never by chance, so that everything around a model can be seen at work without one. It reads what a model
/// would read: the instructions, the conversation and the tools on offer.
/// </summary>
internal sealed class OfflineModel : IChatClient
{
    private static readonly ChatClientMetadata s_metadata = new("loomflow", defaultModelId: "offline");
    private static readonly ModelCapabilities s_capabilities = new() { JsonSchema = true };

    private OfflineModel()
    {
    }

    public static OfflineModel Instance { get; } = new();

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var contents = Answer(Request.Of(messages, options));
        var calls = contents.OfType<FunctionCallContent>().Any();
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ModelId = s_metadata.DefaultModelId,
            FinishReason = calls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
            Usage = UsageOf(messages, contents),
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (var piece in WordPieces.Of(response.Text))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = s_metadata.DefaultModelId };
        }

        AIContent[] rest = [.. response.Messages[0].Contents.OfType<FunctionCallContent>(), new UsageContent(response.Usage!)];
        yield return new ChatResponseUpdate(ChatRole.Assistant, rest) { ModelId = s_metadata.DefaultModelId, FinishReason = response.FinishReason };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? s_metadata
        : serviceType == typeof(ModelCapabilities) ? s_capabilities
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static List<AIContent> Answer(Request request)
    {
        if (request.Results.Count == 0 && ToolChoice.Choose(request) is { Count: > 0 } calls) return [.. calls];
        if (request.Schema is { } schema) return [new TextContent(JsonAnswer.For(schema, request))];
        return [new TextContent(LabelChoice.Choose(request) ?? Prose.Answer(request))];
    }

    private static UsageDetails UsageOf(IEnumerable<ChatMessage> messages, List<AIContent> contents)
    {
        long input = messages.Sum(message => WordPieces.Count(message.Text));
        long output = contents.Sum(content => content switch
        {
            TextContent text => WordPieces.Count(text.Text),
            FunctionCallContent call => 1 + (call.Arguments?.Count ?? 0),
            _ => 0,
        });
        return new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output };
    }

    /// <summary>What the rules look at; <see cref="Asked"/> is what the user said before, the latest first.</summary>
    internal sealed record Request(
        string Instructions, string Prompt, IReadOnlyList<string> Earlier, IReadOnlyList<string> Asked, IReadOnlyList<(string Tool, string Text)> Results, IReadOnlyList<AIFunctionDeclaration> Tools, JsonElement? Schema)
    {
        public static Request Of(IEnumerable<ChatMessage> messages, ChatOptions? options)
        {
            var all = messages.ToList();
            var prompt = all.FindLastIndex(message => message.Role == ChatRole.User);
            var names = all.SelectMany(message => message.Contents).OfType<FunctionCallContent>().GroupBy(call => call.CallId).ToDictionary(group => group.Key, group => group.Last().Name);
            var instructions = all.FirstOrDefault(message => message.Role == ChatRole.System)?.Text ?? "";
            var tone = instructions.IndexOf("\n\n---\nResponse style:", StringComparison.Ordinal);
            return new Request(
                tone < 0 ? instructions : instructions[..tone],
                prompt < 0 ? "" : all[prompt].Text,
                [.. all.Where((message, i) => i != prompt && message.Text.Length > 0 && (message.Role != ChatRole.System || i > 0)).Select(message => message.Text)],
                [.. all.Take(Math.Max(prompt, 0)).Where(message => message.Role == ChatRole.User && message.Text.Length > 0).Select(message => message.Text).Reverse()],
                [.. all.Skip(prompt + 1).SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => (names.GetValueOrDefault(result.CallId, "tool"), UntrustedText.Unframe(result.Result?.ToString() ?? "")))],
                [.. options?.Tools?.OfType<AIFunctionDeclaration>() ?? []],
                (options?.ResponseFormat as ChatResponseFormatJson)?.Schema);
        }
    }
}
