using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What people and models say, as the GenAI conventions write it: JSON in span attributes, where that is allowed.</summary>
internal static class GenAiContent
{
    /// <summary>Whether prompts, answers, arguments and results may go into spans. Read once: a process keeps to it.</summary>
    public static bool IsCaptured { get; } =
        string.Equals(Environment.GetEnvironmentVariable("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>One message of plain text.</summary>
    public static string Text(string role, string text, string? finishReason = null) =>
        Json(new JsonArray(Message(role, new JsonArray(TextPart(text)), finishReason)));

    /// <summary>A conversation, without its system messages.</summary>
    public static string Conversation(IEnumerable<ChatMessage> messages) =>
        Json(new JsonArray([.. messages.Where(message => message.Role != ChatRole.System).Select(message => Message(message.Role.Value, Parts(message.Contents)))]));

    /// <summary>What a model answered.</summary>
    public static string Answer(ChatResponse response) =>
        Json(new JsonArray([.. response.Messages.Select(message => Message(message.Role.Value, Parts(message.Contents), response.FinishReason?.Value ?? "stop"))]));

    /// <summary>The system messages of a conversation; <see langword="null"/> where there are none.</summary>
    public static string? SystemInstructions(IEnumerable<ChatMessage> messages) =>
        messages.Where(message => message.Role == ChatRole.System).SelectMany(message => message.Contents).ToList() is { Count: > 0 } contents ? Json(Parts(contents)) : null;

    /// <summary>The tools that a model is offered; <see langword="null"/> where there are none.</summary>
    public static string? ToolDefinitions(IEnumerable<AITool>? tools) => tools?.Select(Definition).ToArray() is { Length: > 0 } definitions ? Json(new JsonArray(definitions)) : null;

    private static JsonNode Message(string role, JsonArray parts, string? finishReason = null)
    {
        var message = new JsonObject { ["role"] = role, ["parts"] = parts };
        if (finishReason is not null) message["finish_reason"] = finishReason;
        return message;
    }

    private static JsonNode Definition(AITool tool)
    {
        var definition = new JsonObject { ["type"] = "function", ["name"] = tool.Name, ["description"] = tool.Description };
        if (tool is AIFunctionDeclaration function) definition["parameters"] = JsonNode.Parse(function.JsonSchema.GetRawText());
        return definition;
    }

    private static JsonArray Parts(IEnumerable<AIContent> contents) => new([.. contents.Select(Part)]);

    private static JsonNode Part(AIContent content) => content switch
    {
        TextContent text => TextPart(text.Text),
        TextReasoningContent reasoning => new JsonObject { ["type"] = "reasoning", ["content"] = reasoning.Text },
        FunctionCallContent call => new JsonObject
        {
            ["type"] = "tool_call", ["id"] = call.CallId, ["name"] = call.Name, ["arguments"] = JsonSerializer.SerializeToNode(call.Arguments, PayloadSerializer.Options),
        },
        FunctionResultContent result => new JsonObject { ["type"] = "tool_call_response", ["id"] = result.CallId, ["response"] = result.Result?.ToString() },
        _ => new JsonObject { ["type"] = content.GetType().Name },
    };

    private static JsonObject TextPart(string text) => new() { ["type"] = "text", ["content"] = text };

    private static string Json(JsonNode node) => node.ToJsonString(PayloadSerializer.Options);
}
