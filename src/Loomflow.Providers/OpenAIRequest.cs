using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using AIResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = OpenAI.Chat.ChatResponseFormat;

namespace Loomflow.Providers;

/// <summary>Conversations and options in OpenAI's terms.</summary>
internal static class OpenAIRequest
{
    public static List<OpenAI.Chat.ChatMessage> Messages(IEnumerable<ChatMessage> messages)
    {
        List<OpenAI.Chat.ChatMessage> request = [];
        foreach (var message in messages)
        {
            if (message.Role == ChatRole.System) request.Add(new SystemChatMessage(message.Text));
            else if (message.Role == ChatRole.Tool) request.AddRange(message.Contents.OfType<FunctionResultContent>().Select(Result));
            else if (message.Role == ChatRole.Assistant) request.Add(Assistant(message));
            else request.Add(new UserChatMessage(Parts(message)));
        }

        return request;
    }

    public static ChatCompletionOptions Options(ChatOptions? options)
    {
        var request = new ChatCompletionOptions();
        if (options is null) return request;
        request.Temperature = options.Temperature;
        request.TopP = options.TopP;
        request.FrequencyPenalty = options.FrequencyPenalty;
        request.PresencePenalty = options.PresencePenalty;
        request.MaxOutputTokenCount = options.MaxOutputTokens;
#pragma warning disable OPENAI001 // Marked as experimental by the SDK, part of the service's contract.
        request.Seed = options.Seed;
        if (options.Reasoning?.Effort is { } effort)
        {
            request.ReasoningEffortLevel = effort switch
            {
                ReasoningEffort.None => ChatReasoningEffortLevel.None,
                ReasoningEffort.Low => ChatReasoningEffortLevel.Low,
                ReasoningEffort.Medium => ChatReasoningEffortLevel.Medium,
                _ => ChatReasoningEffortLevel.High,
            };
        }
#pragma warning restore OPENAI001

        foreach (var stop in options.StopSequences ?? []) request.StopSequences.Add(stop);
        foreach (var tool in options.Tools?.OfType<AIFunctionDeclaration>() ?? [])
        {
            request.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.JsonSchema.GetRawText())));
        }

        if (request.Tools.Count > 0)
        {
            request.AllowParallelToolCalls = options.AllowMultipleToolCalls;
            request.ToolChoice = options.ToolMode switch
            {
                NoneChatToolMode => ChatToolChoice.CreateNoneChoice(),
                RequiredChatToolMode { RequiredFunctionName: { } name } => ChatToolChoice.CreateFunctionChoice(name),
                RequiredChatToolMode => ChatToolChoice.CreateRequiredChoice(),
                _ => null,
            };
        }

        request.ResponseFormat = options.ResponseFormat switch
        {
            ChatResponseFormatJson { Schema: { } schema } json => ChatResponseFormat.CreateJsonSchemaFormat(
                json.SchemaName ?? "answer", BinaryData.FromString(schema.GetRawText()), json.SchemaDescription),
            ChatResponseFormatJson => ChatResponseFormat.CreateJsonObjectFormat(),
            _ => null,
        };
        return request;
    }

    private static AssistantChatMessage Assistant(ChatMessage message)
    {
        var calls = message.Contents.OfType<FunctionCallContent>()
            .Select(call => ChatToolCall.CreateFunctionToolCall(
                call.CallId, call.Name, BinaryData.FromString(JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions))))
            .ToList();
        if (calls.Count == 0) return new AssistantChatMessage(message.Text);
        var request = new AssistantChatMessage(calls);
        if (message.Text.Length > 0) request.Content.Add(ChatMessageContentPart.CreateTextPart(message.Text));
        return request;
    }

    private static ToolChatMessage Result(FunctionResultContent result) => new(
        result.CallId,
        result.Result as string ?? JsonSerializer.Serialize(result.Result, AIJsonUtilities.DefaultOptions));

    private static IEnumerable<ChatMessageContentPart> Parts(ChatMessage message)
    {
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    yield return ChatMessageContentPart.CreateTextPart(text.Text);
                    break;
                case DataContent data when data.HasTopLevelMediaType("image"):
                    yield return ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(data.Data), data.MediaType);
                    break;
                case UriContent uri when uri.HasTopLevelMediaType("image"):
                    yield return ChatMessageContentPart.CreateImagePart(uri.Uri);
                    break;
            }
        }
    }
}
