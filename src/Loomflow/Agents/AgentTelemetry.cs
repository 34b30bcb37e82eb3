using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>The spans and metrics of agents. Nothing is computed where nobody listens.</summary>
internal static class AgentTelemetry
{
    private static readonly Histogram<double> s_toolDuration = LoomTelemetry.Meter.CreateHistogram<double>(GenAi.ToolDurationMetric, "ms", "How long tool calls take.");
    private static readonly Histogram<long> s_tokens = LoomTelemetry.Meter.CreateHistogram<long>(GenAi.TokenUsageMetric, "{token}", "Tokens of model calls.");
    private static readonly Histogram<double> s_modelDuration = LoomTelemetry.Meter.CreateHistogram<double>(GenAi.OperationDurationMetric, "s", "How long model calls take.");
    private static readonly Counter<double> s_cost = LoomTelemetry.Meter.CreateCounter<double>(GenAi.CostMetric, "{USD}", "What model calls cost.");
    private static readonly Counter<long> s_budgetExceeded = LoomTelemetry.Meter.CreateCounter<long>(GenAi.BudgetExceededMetric, "{run}", "Runs that a budget stopped.");

    /// <summary>Whether prompts, answers, arguments and results may go into spans.</summary>
    public static bool CapturesContent =>
        string.Equals(Environment.GetEnvironmentVariable("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"), "true", StringComparison.OrdinalIgnoreCase);

    public static Activity? StartRun(RunContext context, Agent agent)
    {
        var span = LoomTelemetry.StartSpan(LoomTelemetry.AgentRunSpan, "agent", context);
        if (span is null) return null;
        return span
            .SetTag(GenAi.Operation, "invoke_agent")
            .SetTag(GenAi.Provider, agent.Metadata?.ProviderName ?? "loomflow")
            .SetTag(GenAi.AgentName, agent.Name)
            .SetTag(GenAi.Conversation, context.SessionId)
            .SetTag(GenAi.RequestModel, agent.Metadata?.DefaultModelId)
            .SetTag(GenAi.MaxTurns, agent.Options.MaxTurns);
    }

    public static void EndRun(Activity? span, AgentResult result)
    {
        if (result.StopReason == StopReason.Budget) s_budgetExceeded.Add(1, new KeyValuePair<string, object?>("limit", result.StopDetail));
        span?.SetTag(GenAi.InputTokens, result.Usage.InputTokens)
            .SetTag(GenAi.OutputTokens, result.Usage.OutputTokens)
            .SetTag(GenAi.Turns, result.Turns)
            .SetTag(LoomTelemetry.Attributes.Outcome, StopReasons.Text(result));
    }

    public static Activity? StartTurn(RunContext context, int turn) =>
        LoomTelemetry.StartSpan(LoomTelemetry.TurnSpan, "agent", context)?.SetTag(GenAi.Turn, turn);

    public static Activity? StartModel(RunContext context, IChatClient client, ChatOptions chat, IReadOnlyList<ChatMessage> messages, int turn, bool streaming)
    {
        var span = LoomTelemetry.StartSpan(streaming ? LoomTelemetry.ModelStreamSpan : LoomTelemetry.ModelCompleteSpan, "agent", context, ActivityKind.Client);
        if (span is null) return null;
        var metadata = client.GetService<ChatClientMetadata>();
        span.SetTag(GenAi.Operation, "chat")
            .SetTag(GenAi.Provider, metadata?.ProviderName ?? "unknown")
            .SetTag(GenAi.RequestModel, chat.ModelId ?? metadata?.DefaultModelId)
            .SetTag(GenAi.Conversation, context.SessionId)
            .SetTag(GenAi.Turn, turn)
            .SetTag(GenAi.ToolCount, chat.Tools?.Count ?? 0)
            .SetTag(GenAi.RequestStream, streaming ? true : null)
            .SetTag(GenAi.Temperature, chat.Temperature)
            .SetTag(GenAi.MaxTokens, chat.MaxOutputTokens)
            .SetTag(GenAi.TopP, chat.TopP);
        if (metadata?.ProviderUri is { } uri) span.SetTag(GenAi.ServerAddress, uri.Host).SetTag(GenAi.ServerPort, uri.Port);
        if (CapturesContent)
        {
            span.SetTag(GenAi.SystemInstructions, Json(Parts(messages.Where(message => message.Role == ChatRole.System))));
            span.SetTag(GenAi.InputMessages, Json(Messages(messages.Where(message => message.Role != ChatRole.System), null)));
        }

        return span;
    }

    public static void EndModel(Activity? span, IChatClient client, ChatResponse response, Usage usage, TimeSpan duration)
    {
        if (s_tokens.Enabled || s_modelDuration.Enabled || s_cost.Enabled)
        {
            var model = response.ModelId ?? client.GetService<ChatClientMetadata>()?.DefaultModelId;
            var tags = new TagList { { GenAi.Operation, "chat" }, { GenAi.Provider, client.GetService<ChatClientMetadata>()?.ProviderName }, { GenAi.ResponseModel, model } };
            s_modelDuration.Record(duration.TotalSeconds, tags);
            s_cost.Add((double)usage.Cost, tags);
            tags.Add(GenAi.TokenType, "input");
            s_tokens.Record(usage.InputTokens, tags);
            tags[tags.Count - 1] = new KeyValuePair<string, object?>(GenAi.TokenType, "output");
            s_tokens.Record(usage.OutputTokens, tags);
        }

        if (span is null) return;
        span.SetTag(GenAi.ResponseModel, response.ModelId)
            .SetTag(GenAi.ResponseId, response.ResponseId)
            .SetTag(GenAi.InputTokens, usage.InputTokens)
            .SetTag(GenAi.OutputTokens, usage.OutputTokens)
            .SetTag(GenAi.FinishReasons, response.FinishReason is { } reason ? new[] { reason.Value } : null);
        if (CapturesContent) span.SetTag(GenAi.OutputMessages, Json(Messages(response.Messages, response.FinishReason?.Value)));
    }

    public static Activity? StartTool(RunContext context, FunctionCallContent call, AIFunction? function, int turn)
    {
        var span = LoomTelemetry.StartSpan(LoomTelemetry.ToolSpan, "agent", context);
        if (span is null) return null;
        span.SetTag(GenAi.Operation, "execute_tool")
            .SetTag(GenAi.ToolName, call.Name)
            .SetTag(GenAi.ToolCallId, call.CallId)
            .SetTag(GenAi.ToolType, "function")
            .SetTag(GenAi.ToolDescription, function?.Description)
            .SetTag(GenAi.Turn, turn);
        if (CapturesContent) span.SetTag(GenAi.ToolArguments, Payload.Of(call.Arguments).ToString());
        return span;
    }

    public static void EndTool(Activity? span, string tool, ToolOutcome outcome, TimeSpan duration)
    {
        s_toolDuration.Record(duration.TotalMilliseconds, new KeyValuePair<string, object?>(GenAi.ToolName, tool), new KeyValuePair<string, object?>("ok", outcome.Ok));
        if (span is null) return;
        if (CapturesContent) span.SetTag(GenAi.ToolResult, outcome.Text);
        if (!outcome.Ok) span.SetStatus(ActivityStatusCode.Error, outcome.Error).SetTag(LoomTelemetry.Attributes.ErrorType, outcome.Denied ? "denied" : "tool_error");
    }

    private static JsonArray Messages(IEnumerable<ChatMessage> messages, string? finishReason) => new([.. messages.Select(message =>
    {
        var one = new JsonObject { ["role"] = message.Role.Value, ["parts"] = Parts([message]) };
        if (finishReason is not null) one["finish_reason"] = finishReason;
        return (JsonNode)one;
    })]);

    private static JsonArray Parts(IEnumerable<ChatMessage> messages) => new([.. messages.SelectMany(message => message.Contents).Select(Part)]);

    private static JsonNode Part(AIContent content) => content switch
    {
        TextContent text => new JsonObject { ["type"] = "text", ["content"] = text.Text },
        TextReasoningContent reasoning => new JsonObject { ["type"] = "reasoning", ["content"] = reasoning.Text },
        FunctionCallContent call => new JsonObject
        {
            ["type"] = "tool_call", ["id"] = call.CallId, ["name"] = call.Name, ["arguments"] = JsonSerializer.SerializeToNode(call.Arguments, PayloadSerializer.Options),
        },
        FunctionResultContent result => new JsonObject { ["type"] = "tool_call_response", ["id"] = result.CallId, ["response"] = result.Result?.ToString() },
        _ => new JsonObject { ["type"] = content.GetType().Name },
    };

    private static string Json(JsonNode node) => node.ToJsonString(PayloadSerializer.Options);
}
