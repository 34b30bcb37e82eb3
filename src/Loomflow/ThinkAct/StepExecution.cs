using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>
/// Runs one step: prompt, tools, model, result; with retries and a time limit. The step is an inline step of the run, so it has its events and
/// span, and is not run again when the run is resumed; neither are its finished model and tool calls when it had not got to its end.
/// </summary>
internal sealed class StepExecution(StepAgent agent, StepScope run, StepContext steps, StepAgentRunOptions options)
{
    private readonly AgentOptions _options = agent.Options.Agent;
    private readonly string? _tone = options.Run.ResponseTone ?? agent.Options.Agent.ResponseTone ?? run.Context.ResponseTone;
    private int _turns;

    /// <summary>How often models have answered.</summary>
    public int Turns => _turns;

    public async ValueTask<object?> RunAsync(StepDefinition step, object?[] arguments, bool stream, Func<string, ValueTask>? tap, CancellationToken cancellationToken)
    {
        var shown = step.Parameters.Select((parameter, i) => (parameter.Name, parameter.ParameterType, Value: arguments[i]))
            .Where(one => one.ParameterType != typeof(CancellationToken) && one.ParameterType != typeof(StepContext)).ToList();
        var inline = new StepArguments([.. shown.Select(one => one.Name!)], [.. shown.Select(one => one.Value)]);
        var result = await InlineStepRun.RunAsync(
            StepScope.Current!, step.Name, inline, (Execution: this, step, arguments, inline, stream, tap, cancellationToken),
            static call => call.Execution.TryAsync(call.step, call.arguments, call.inline, call.stream, call.tap, call.cancellationToken)).ConfigureAwait(false);
        return StepValue.Convert(result, step.ResultType);
    }

    private async ValueTask<object?> TryAsync(
        StepDefinition step, object?[] arguments, StepArguments inline, bool stream, Func<string, ValueTask>? tap, CancellationToken cancellationToken)
    {
        var scope = StepScope.Current!;
        var time = scope.Context.Time;
        var retry = _options.Retry with { MaxAttempts = step.Attribute.Retries + 1 };
        var conversation = new StepConversation(agent, scope, new BudgetGate(agent.Model.Options, run, scope), inline, stream, tap, () => Interlocked.Increment(ref _turns));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await InTimeAsync(step, arguments, conversation, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested && retry.Allows(Failure.From(failure), attempt))
            {
                var wait = retry.DelayAfter(attempt, Random.Shared.NextDouble());
                await scope.AppendAsync(new AgentProgressed
                {
                    Activity = "step_retrying",
                    Detail = Payload.Of(new Dictionary<string, object?> { ["error"] = failure.Message, ["attempt"] = attempt, ["waitSeconds"] = wait.TotalSeconds }),
                }).ConfigureAwait(false);
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<object?> InTimeAsync(StepDefinition step, object?[] arguments, StepConversation conversation, TimeProvider time, CancellationToken cancellationToken)
    {
        if (double.IsNaN(step.Attribute.TimeoutSeconds)) return await AttemptAsync(step, arguments, conversation, cancellationToken).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(step.Attribute.TimeoutSeconds), time);
        using var link = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await AttemptAsync(step, arguments, conversation, link.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Step '{step.Name}' took longer than {step.Attribute.TimeoutSeconds:0.###} s: raise its TimeoutSeconds, or let it be tried again with Retries.", late);
        }
    }

    private async ValueTask<object?> AttemptAsync(StepDefinition step, object?[] arguments, StepConversation conversation, CancellationToken cancellationToken)
    {
        var values = arguments.Select((value, i) => step.Parameters[i].ParameterType == typeof(CancellationToken) ? cancellationToken : value).ToArray();
        var prompt = await step.InvokeAsync(agent, values).ConfigureAwait(false);
        if (!step.Attribute.SendToModel)
        {
            if (prompt is string text) await conversation.ShowAsync(text, cancellationToken).ConfigureAwait(false);
            return prompt;
        }

        if (prompt is not string { Length: > 0 } question)
        {
            throw new InvalidOperationException($"Step '{step.Name}' returned no prompt: return the text for the model, or set SendToModel = false.");
        }

        if (ToolsFor(step) is { Count: > 0 } tools)
        {
            var selector = new StepToolSelector(agent, steps, conversation, SelectionOf(step), tools);
            question += await selector.SelectAndCallAsync(step, question, cancellationToken).ConfigureAwait(false);
        }

        return await AskAsync(step, question, conversation, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<object?> AskAsync(StepDefinition step, string question, StepConversation conversation, CancellationToken cancellationToken)
    {
        var takesSchema = agent.Model.TakesSchema;
        var system = SystemPrompt.Of(agent.Options.Instructions, takesSchema ? null : step.Schema, _tone);
        if (step.Attribute.JsonOutput && step.Schema is null) system = $"{system}\n\nAnswer with JSON only, without code fences or any other text.".TrimStart();
        List<ChatMessage> messages = system.Length > 0 ? [new(ChatRole.System, system), new(ChatRole.User, question)] : [new(ChatRole.User, question)];
        var chat = StepSampling.For(step, _options.Sampling, options.Sampling);
        chat.ResponseFormat = !step.Attribute.JsonOutput ? null
            : step.Schema is { } schema && takesSchema ? ChatResponseFormat.ForJsonSchema(schema.Schema, schema.Name)
            : ChatResponseFormat.Json;

        for (var repairs = 0; ; repairs++)
        {
            var response = await conversation.AskAsync(messages, chat, cancellationToken).ConfigureAwait(false);
            if (response.FinishReason == ChatFinishReason.Length) throw new StepAgentStoppedException(StopReason.Truncated, step.Name);
            if (response.FinishReason == ChatFinishReason.ContentFilter) throw new StepAgentStoppedException(StopReason.ContentFiltered, step.Name);
            if (step.Attribute.FullResponse) return response;
            if (!step.Attribute.JsonOutput) return response.Text;

            var problems = Read(step, response.Text, out var value);
            if (problems.Count == 0) return value;
            if (repairs >= _options.OutputRetries) throw new OutputInvalidException($"{agent.Name}.{step.Name}", step.Schema?.Name ?? "JSON", response.Text, problems);
            await conversation.Scope.AppendAsync(new AgentProgressed { Activity = Activities.OutputRepair, Detail = Payload.Of(problems) }).ConfigureAwait(false);
            messages.AddRange(response.Messages);
            messages.Add(Marks.Put(Marks.Repair, $"That answer does not fit:\n- {string.Join("\n- ", problems)}\nAnswer again with only the corrected JSON."));
        }
    }

    private static IReadOnlyList<string> Read(StepDefinition step, string answer, out object? value)
    {
        if (step.Schema is { } schema) return schema.Read(answer, out value);
        value = StepValue.FindJson(answer);
        return value is null ? ["it is not JSON"] : [];
    }

    private List<AIFunction> ToolsFor(StepDefinition step) =>
        step.Attribute.UseTools ? [.. agent.Options.Tools.Where(tool => tool.IsFor(step.Attribute.Kind)).Select(tool => tool.Function)] : [];

    private ToolSelection SelectionOf(StepDefinition step)
    {
        if (step.Selection is { } own) return own.Read(agent);
        var (usual, attribute) = (agent.Options.ToolSelection, step.Attribute);
        return usual with
        {
            ConfidenceThreshold = double.IsNaN(attribute.ToolConfidence) ? usual.ConfidenceThreshold : attribute.ToolConfidence,
            MaxToolsPerStep = attribute.HasMaxTools ? attribute.MaxTools : usual.MaxToolsPerStep,
            Model = attribute.ToolModel ?? usual.Model ?? attribute.Model,
        };
    }
}
