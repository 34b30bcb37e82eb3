using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>The spans and metrics of agents. Nothing is computed where nobody listens.</summary>
internal static class AgentTelemetry
{
    private const string Pattern = "agent";

    private static readonly Histogram<double> s_toolDuration = LoomTelemetry.Meter.CreateHistogram<double>(GenAi.ToolDurationMetric, "ms", "How long tool calls take.");
    private static readonly Histogram<long> s_tokens = LoomTelemetry.Meter.CreateHistogram(GenAi.TokenUsageMetric, "{token}", "Tokens of model calls.", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864] });
    private static readonly Histogram<double> s_modelDuration = LoomTelemetry.Meter.CreateHistogram(GenAi.OperationDurationMetric, "s", "How long model calls take.", advice: Durations.Long);
    private static readonly Counter<double> s_cost = LoomTelemetry.Meter.CreateCounter<double>(GenAi.CostMetric, "{USD}", "What model calls cost.");
    private static readonly Counter<long> s_budgetExceeded = LoomTelemetry.Meter.CreateCounter<long>(GenAi.BudgetExceededMetric, "{run}", "Runs that a budget stopped.");

    public static Activity? StartRun(StepScope scope, Agent agent, string input)
    {
        if (!LoomTelemetry.Source.HasListeners()) return null;
        return Spans.Start(LoomTelemetry.AgentRunSpan, Pattern, scope.Context, scope.Step,
        [
            new(GenAi.Operation, "invoke_agent"),
            new(GenAi.Provider, agent.Metadata?.ProviderName ?? LoomTelemetry.ProviderName),
            new(GenAi.AgentName, agent.Name),
            new(GenAi.AgentDescription, agent.Options.Description),
            new(GenAi.Conversation, scope.Context.SessionId),
            new(GenAi.RequestModel, agent.Metadata?.DefaultModelId),
            new(GenAi.MaxTurns, agent.Options.MaxTurns),
            new(GenAi.SystemInstructions, GenAiContent.IsCaptured ? GenAiContent.SystemInstructions([new ChatMessage(ChatRole.System, agent.Instructions)]) : null),
            new(GenAi.InputMessages, GenAiContent.IsCaptured ? GenAiContent.Text("user", input) : null),
        ]);
    }

    public static void EndRun(Activity? span, Agent agent, AgentResult result, TimeSpan duration)
    {
        if (result.StopReason == StopReason.Budget) s_budgetExceeded.Add(1, new KeyValuePair<string, object?>("limit", result.StopDetail));
        var outcome = result.IsComplete ? "completed" : "stopped";
        RunEnded(agent, outcome, duration);
        if (span is null) return;
        span.SetTag(GenAi.InputTokens, result.Usage.InputTokens)
            .SetTag(GenAi.OutputTokens, result.Usage.OutputTokens)
            .SetTag(GenAi.Turns, result.Turns)
            .SetTag(GenAi.StopReason, StopReasons.Text(result))
            .SetTag(GenAi.Cost, result.Usage.Cost == 0 ? null : (double)result.Usage.Cost);
        if (GenAiContent.IsCaptured) span.SetTag(GenAi.OutputMessages, GenAiContent.Text("assistant", result.Output, "stop"));
        span.Conclude(outcome);
    }

    public static void RunEnded(Agent agent, string outcome, TimeSpan duration) => RunMetrics.RunEnded(Pattern, agent.Name, outcome, duration);

    public static Activity? StartTurn(StepScope scope, int turn) =>
        LoomTelemetry.Source.HasListeners() ? Spans.Start(LoomTelemetry.TurnSpan, Pattern, scope.Context, scope.Step, [new(GenAi.Turn, turn)]) : null;

    public static Activity? StartModel(StepScope scope, IChatClient client, ChatOptions chat, IReadOnlyList<ChatMessage> messages, int turn, bool streaming)
    {
        if (!LoomTelemetry.Source.HasListeners()) return null;
        var metadata = client.GetService<ChatClientMetadata>();
        var captured = GenAiContent.IsCaptured;
        return Spans.Start(
            streaming ? LoomTelemetry.ModelStreamSpan : LoomTelemetry.ModelCompleteSpan, Pattern, scope.Context, scope.Step,
            [
                new(GenAi.Operation, "chat"),
                new(GenAi.Provider, metadata?.ProviderName ?? "unknown"),
                new(GenAi.RequestModel, chat.ModelId ?? metadata?.DefaultModelId),
                new(GenAi.Conversation, scope.Context.SessionId),
                new(GenAi.Turn, turn),
                new(GenAi.ToolCount, chat.Tools?.Count ?? 0),
                new(GenAi.OutputType, chat.ResponseFormat is ChatResponseFormatJson ? "json" : "text"),
                new(GenAi.RequestStream, streaming ? true : null),
                new(GenAi.Temperature, chat.Temperature),
                new(GenAi.MaxTokens, chat.MaxOutputTokens),
                new(GenAi.TopP, chat.TopP),
                new(GenAi.TopK, chat.TopK),
                new(GenAi.FrequencyPenalty, chat.FrequencyPenalty),
                new(GenAi.PresencePenalty, chat.PresencePenalty),
                new(GenAi.Seed, chat.Seed),
                new(GenAi.StopSequences, chat.StopSequences is { Count: > 0 } stops ? stops.ToArray() : null),
                new(GenAi.ServerAddress, metadata?.ProviderUri?.Host),
                new(GenAi.ServerPort, metadata?.ProviderUri?.Port),
                new(GenAi.SystemInstructions, captured ? GenAiContent.SystemInstructions(messages) : null),
                new(GenAi.InputMessages, captured ? GenAiContent.Conversation(messages) : null),
                new(GenAi.ToolDefinitions, captured ? GenAiContent.ToolDefinitions(chat.Tools) : null),
            ],
            ActivityKind.Client);
    }

    public static void EndModel(Activity? span, IChatClient client, ChatResponse response, Usage usage, TimeSpan duration)
    {
        if (s_tokens.Enabled || s_modelDuration.Enabled || s_cost.Enabled)
        {
            var tags = TagsOf(client, response.ModelId);
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
            .SetTag(GenAi.CacheReadTokens, usage.CachedInputTokens == 0 ? null : usage.CachedInputTokens)
            .SetTag(GenAi.ReasoningTokens, usage.ReasoningTokens == 0 ? null : usage.ReasoningTokens)
            .SetTag(GenAi.Cost, usage.Cost == 0 ? null : (double)usage.Cost)
            .SetTag(GenAi.FinishReasons, response.FinishReason is { } reason ? new[] { reason.Value } : null);
        if (GenAiContent.IsCaptured) span.SetTag(GenAi.OutputMessages, GenAiContent.Answer(response));
    }

    public static void FailModel(Activity? span, IChatClient client, Exception failure, TimeSpan duration)
    {
        var described = Failure.From(failure);
        span.Fail(described);
        if (!s_modelDuration.Enabled) return;
        var tags = TagsOf(client, model: null);
        tags.Add(LoomTelemetry.Attributes.ErrorType, described.Type);
        s_modelDuration.Record(duration.TotalSeconds, tags);
    }

    public static Activity? StartTool(StepScope scope, FunctionCallContent call, AIFunction? function, int turn)
    {
        if (!LoomTelemetry.Source.HasListeners()) return null;
        return Spans.Start(LoomTelemetry.ToolSpan, Pattern, scope.Context, scope.Step,
        [
            new(GenAi.Operation, "execute_tool"),
            new(GenAi.Provider, LoomTelemetry.ProviderName),
            new(GenAi.ToolName, call.Name),
            new(GenAi.ToolCallId, call.CallId),
            new(GenAi.ToolType, "function"),
            new(GenAi.ToolDescription, function?.Description),
            new(GenAi.Turn, turn),
            new(GenAi.ToolArguments, GenAiContent.IsCaptured ? Payload.Of(call.Arguments).ToString() : null),
        ]);
    }

    public static void EndTool(Activity? span, string tool, bool isKnown, ToolOutcome outcome, TimeSpan duration)
    {
        // A model can ask for any name: those that are no tool's must not each become a series.
        if (s_toolDuration.Enabled) s_toolDuration.Record(duration.TotalMilliseconds, new KeyValuePair<string, object?>(GenAi.ToolName, isKnown ? tool : "(unknown)"), new KeyValuePair<string, object?>("ok", outcome.Ok));
        if (span is null) return;
        if (GenAiContent.IsCaptured) span.SetTag(GenAi.ToolResult, outcome.Text);
        if (outcome.Ok) span.Conclude("completed");
        else span.Conclude(outcome.Denied ? "denied" : "failed", outcome.Failure);
    }

    private static TagList TagsOf(IChatClient client, string? model)
    {
        var metadata = client.GetService<ChatClientMetadata>();
        return new TagList { { GenAi.Operation, "chat" }, { GenAi.Provider, metadata?.ProviderName ?? "unknown" }, { GenAi.RequestModel, metadata?.DefaultModelId }, { GenAi.ResponseModel, model ?? metadata?.DefaultModelId } };
    }
}
