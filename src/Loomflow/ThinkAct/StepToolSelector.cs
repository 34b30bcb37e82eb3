using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>
/// Selects tools for a step with one model call, calls those that the model is sure enough of, and puts what they return under the prompt.
/// When selecting goes wrong the step goes on without tools; the calls themselves pass every gate that an agent's calls pass.
/// </summary>
internal sealed class StepToolSelector(StepAgent agent, StepContext steps, StepConversation conversation, ToolSelection selection, List<AIFunction> tools)
{
    private const string Question = """
        Select the tools that help with this task.

        Task:
        {task}

        Results of earlier steps:
        {context}

        Tools:
        {tools}
        """;

    private const string Form = """


        Answer with JSON only, in this form:
        {"tool_calls": [{"tool_name": "…", "arguments": {"…": "…"}, "confidence": 0.0, "reasoning": "…"}]}
        confidence is a number from 0 to 1. Give an empty list when no tool helps.
        """;

    /// <returns>What to add to the prompt; empty when no tool was called.</returns>
    public async ValueTask<string> SelectAndCallAsync(StepDefinition step, string task, CancellationToken cancellationToken)
    {
        steps.ToolDecisions = [];
        List<ToolDecision> decisions;
        var turn = conversation.Turn;
        try
        {
            decisions = Judge(await AskAsync(step, task, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is ModelException or FormatException && !cancellationToken.IsCancellationRequested)
        {
            await conversation.Scope.AppendAsync(new AgentProgressed
            {
                Activity = "tool_selection_failed",
                Detail = Payload.Of(new Dictionary<string, object?> { ["step"] = step.Name, ["error"] = failure.Message }),
            }).ConfigureAwait(false);
            return "";
        }

        steps.ToolDecisions = decisions;
        var chosen = decisions.FindAll(decision => decision.Skipped is null);
        if (chosen.Count == 0) return "";

        var calls = chosen.Select((decision, i) => new FunctionCallContent($"call_{turn}_{i}", decision.Tool, new Dictionary<string, object?>(decision.Arguments))).ToList();
        var places = calls.ConvertAll(call => conversation.Scope.NestedPath(call.Name));
        var caller = new ToolCaller(agent.Model, agent.Model.Options, ToolSet.Of(agent.Name, tools), conversation.Scope, conversation.Recovered);
        var results = await caller.CallAllAsync(calls, places, turn, cancellationToken).ConfigureAwait(false);
        return Report(chosen, results);
    }

    private async ValueTask<JsonElement> AskAsync(StepDefinition step, string task, CancellationToken cancellationToken)
    {
        var question = (selection.PromptTemplate ?? Question)
            .Replace("{context}", Context(), StringComparison.Ordinal)
            .Replace("{tools}", string.Join("\n", tools.Select(Describe)), StringComparison.Ordinal)
            .Replace("{task}", step.Description.Length > 0 ? $"{step.Description}\n{task}" : task, StringComparison.Ordinal);
        var chat = new ChatOptions { ModelId = selection.Model, Temperature = 0, ResponseFormat = ChatResponseFormat.Json };
        var answer = await conversation.AskQuietlyAsync([new ChatMessage(ChatRole.User, question + Form)], chat, cancellationToken).ConfigureAwait(false);
        return StepValue.FindJson(answer.Text) ?? throw new FormatException("The answer is not JSON.");
    }

    private List<ToolDecision> Judge(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("The answer has no list named tool_calls.");
        }

        var decisions = calls.EnumerateArray().Select(Read).ToList();
        var sure = decisions.Where(decision => decision.Skipped is null).OrderByDescending(decision => decision.Confidence).Take(selection.MaxToolsPerStep).ToHashSet(ReferenceEqualityComparer.Instance);
        return decisions.ConvertAll(decision => decision.Skipped is null && !sure.Contains(decision)
            ? decision with { Skipped = $"at most {selection.MaxToolsPerStep} tools are called in a step" }
            : decision);
    }

    private ToolDecision Read(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object) throw new FormatException("An entry of tool_calls is no object.");
        var name = call.TryGetProperty("tool_name", out var named) ? named.ToString() : "";
        var arguments = call.TryGetProperty("arguments", out var given) && given.ValueKind == JsonValueKind.Object
            ? given.EnumerateObject().ToDictionary(one => one.Name, one => (object?)one.Value.Clone(), StringComparer.Ordinal)
            : [];
        var confidence = call.TryGetProperty("confidence", out var sure) && double.TryParse(sure.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var reasoning = call.TryGetProperty("reasoning", out var why) ? why.ToString() : "";
        return new ToolDecision(name, arguments, confidence, reasoning, Obstacle(name, arguments, confidence));
    }

    private string? Obstacle(string name, Dictionary<string, object?> arguments, double confidence)
    {
        if (tools.Find(tool => tool.Name == name) is not { } tool) return "there is no such tool here";
        if (confidence < selection.ConfidenceThreshold) return string.Create(CultureInfo.InvariantCulture, $"confidence {confidence} is below {selection.ConfidenceThreshold}");
        var schema = tool.JsonSchema;
        if (schema.TryGetProperty("required", out var required) && required.EnumerateArray().FirstOrDefault(one => !arguments.ContainsKey(one.GetString()!)) is { ValueKind: JsonValueKind.String } missing)
            return $"argument '{missing.GetString()}' is missing";
        return schema.TryGetProperty("properties", out var properties) && arguments.Keys.FirstOrDefault(key => !properties.TryGetProperty(key, out _)) is { } unknown
            ? $"it takes no argument '{unknown}'"
            : null;
    }

    private string Context() => steps.Results.Count == 0
        ? "(none)"
        : Show(string.Join("\n", steps.Results.OrderBy(result => result.Key, StringComparer.Ordinal).Select(result => $"{result.Key}: {StepValue.Text(result.Value)}")));

    private string Show(string result) => agent.Model.Models.ShowResult(result, conversation.Scope.Context);

    private static string Describe(AIFunction tool) =>
        $"- {tool.Name}: {tool.Description} Arguments: {(tool.JsonSchema.TryGetProperty("properties", out var properties) ? properties.GetRawText() : "{}")}";

    private string Report(List<ToolDecision> chosen, FunctionResultContent[] results)
    {
        var report = new StringBuilder("\n\nTool results:");
        for (var i = 0; i < results.Length; i++)
        {
            report.Append(CultureInfo.InvariantCulture, $"\n- {chosen[i].Tool} {Payload.Of(chosen[i].Arguments)}: {Show($"{results[i].Result}")}");
            if (chosen[i].Reasoning.Length > 0) report.Append(CultureInfo.InvariantCulture, $" (called because: {chosen[i].Reasoning})");
        }

        return report.ToString();
    }
}
