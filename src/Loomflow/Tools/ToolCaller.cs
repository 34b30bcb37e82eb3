using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// The one way in which tools are called: effect stamped, gate passed, event written, call made with a time limit, result cut and guarded,
/// event written. A call that goes wrong is a result that the model is told, never the end of the run; only what the run cannot go on
/// without (its log, its guardrails) is.
/// </summary>
internal sealed class ToolCaller(Agent agent, AgentOptions options, ToolSet tools, StepScope scope, Recovered recovered)
{
    private readonly ToolGate _gate = new(options, agent.Name, scope.Context, recovered);
    private readonly RunContext _context = scope.Context;

    /// <summary>Makes the calls of a turn, several at a time, and gives the results in the order of the calls.</summary>
    public async ValueTask<FunctionResultContent[]> CallAllAsync(IReadOnlyList<FunctionCallContent> calls, IReadOnlyList<string> places, int turn, CancellationToken cancellationToken)
    {
        var results = new FunctionResultContent[calls.Count];
        if (calls.Count == 1)
        {
            results[0] = await CallAsync(calls[0], places[0], turn, cancellationToken).ConfigureAwait(false);
            return results;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var slots = new SemaphoreSlim(options.MaxParallelTools);
        var work = new Task[calls.Count];
        for (var i = 0; i < work.Length; i++) work[i] = CallInSlotAsync(i);
        await Task.WhenAll(work).ConfigureAwait(false);
        return results;

        async Task CallInSlotAsync(int i)
        {
            await slots.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                results[i] = await CallAsync(calls[i], places[i], turn, stop.Token).ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private async ValueTask<FunctionResultContent> CallAsync(FunctionCallContent asked, string path, int turn, CancellationToken cancellationToken)
    {
        if (recovered.Result(turn, asked.CallId) is { } known) return new FunctionResultContent(asked.CallId, known.Result.ToString());

        using var span = AgentTelemetry.StartTool(scope, asked, tools.Find(asked.Name), turn);
        try
        {
            return await CallAsync(asked, path, turn, span, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            span.ConcludeBy(failure, cancellationToken);
            throw;
        }
    }

    private async ValueTask<FunctionResultContent> CallAsync(FunctionCallContent asked, string path, int turn, Activity? span, CancellationToken cancellationToken)
    {
        var started = _context.Time.GetTimestamp();
        var place = new StepScope(scope, _context with { Usage = scope.Usage }, path);
        var (call, outcome) = await ThroughGateAsync(asked, place, turn, span, cancellationToken).ConfigureAwait(false);
        var duration = _context.Time.GetElapsedTime(started);

        var returned = await scope.AppendAsync(new ToolReturned
        {
            CallId = asked.CallId,
            Tool = asked.Name,
            Result = Payload.Of(outcome.Text),
            Ok = outcome.Ok,
            Denied = outcome.Denied,
            Error = outcome.Error,
            Duration = duration,
            Usage = place.Consumed,
            Turn = turn,
        }).ConfigureAwait(false);
        if (outcome.Denied) span.Audited(returned);
        AgentTelemetry.EndTool(span, asked.Name, tools.Find(asked.Name) is not null, outcome, duration);
        if (!outcome.Denied) await TellHooksAsync(call, outcome, cancellationToken).ConfigureAwait(false);
        return new FunctionResultContent(asked.CallId, outcome.Text);
    }

    private async ValueTask<(ToolCall Call, ToolOutcome Outcome)> ThroughGateAsync(FunctionCallContent asked, StepScope place, int turn, Activity? span, CancellationToken cancellationToken)
    {
        var function = tools.Find(asked.Name);
        var call = new ToolCall
        {
            CallId = asked.CallId,
            Tool = asked.Name,
            Arguments = (IReadOnlyDictionary<string, object?>?)(asked.Arguments as Dictionary<string, object?>) ?? new Dictionary<string, object?>(asked.Arguments ?? new Dictionary<string, object?>()),
            Effect = function is null ? ToolEffect.Destructive : Tool.EffectOf(function),
            Turn = turn,
            IdempotencyKey = place.IdempotencyKey,
            Partition = _context.Run.Partition,
        };
        if (function is null) return (call, Failed($"There is no tool '{asked.Name}'. The tools are: {string.Join(", ", tools.Names)}."));
        if (asked.Exception is { } unreadable) return (call, Failed($"The arguments could not be read: {unreadable.Message}"));

        var verdict = await _gate.JudgeAsync(call, place, cancellationToken).ConfigureAwait(false);
        if (verdict.Denial is { } denial) return (call, new ToolOutcome(denial, Ok: false, Denied: true, denial));
        if (!ReferenceEquals(verdict.Call.Arguments, call.Arguments) && !recovered.WasEdited(turn, call.CallId))
        {
            await scope.AppendAsync(new ToolCallEdited
            {
                CallId = call.CallId,
                Tool = call.Tool,
                Original = Payload.Of(call.Arguments),
                Edited = Payload.Of(verdict.Call.Arguments),
                By = verdict.EditedBy,
            }).ConfigureAwait(false);
        }

        call = verdict.Call;
        cancellationToken.ThrowIfCancellationRequested();
        span.Audited(await scope.AppendAsync(new ToolCalled
        {
            CallId = call.CallId,
            Tool = call.Tool,
            Arguments = Payload.Of(call.Arguments),
            Destructive = call.Effect == ToolEffect.Destructive,
            Turn = turn,
        }).ConfigureAwait(false));
        scope.Usage.Add(new Usage(ToolCalls: 1));

        var outcome = await ExecuteAsync(function, call, place, cancellationToken).ConfigureAwait(false);
        outcome = outcome with { Text = await CutAsync(call, outcome.Text).ConfigureAwait(false) };
        var (text, blocked) = await Guards.ApplyAsync(options.Guardrails, GuardrailStage.ToolResult, outcome.Text, scope, cancellationToken).ConfigureAwait(false);
        return (call, blocked is null ? outcome with { Text = text } : new ToolOutcome(text, Ok: false, Error: $"blocked by guardrail {blocked}"));
    }

    private async ValueTask<ToolOutcome> ExecuteAsync(AIFunction function, ToolCall call, StepScope place, CancellationToken cancellationToken)
    {
        var limit = function.GetService<Tool>()?.Timeout ?? options.ToolTimeout;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<object?>? work = null;
        try
        {
            var arguments = ArgumentCoercion.Fit(new AIFunctionArguments(call.Arguments.ToDictionary()) { Services = _context.Services }, function.JsonSchema);

            // On the pool, so that a tool that computes or blocks holds up neither the other calls nor its own time limit.
            work = Task.Run(async () =>
            {
                using var entered = place.Enter();
                return await function.InvokeAsync(arguments, stop.Token).ConfigureAwait(false);
            }, CancellationToken.None);
            return new ToolOutcome(TextOf(await work.WaitAsync(limit, _context.Time, cancellationToken).ConfigureAwait(false)), Ok: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (work is not null) await ((Task)work).WaitAsync(Agent.CancellationGrace, _context.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        catch (TimeoutException) when (work is { IsCompleted: false })
        {
            await stop.CancelAsync().ConfigureAwait(false);
            return Failed($"The tool '{call.Tool}' took longer than {limit.TotalSeconds:0.###} s and was stopped.");
        }
        catch (Exception failure)
        {
            return Failed(failure.Message.Length > 0 ? failure.Message : failure.GetType().Name) with { Exception = failure };
        }
    }

    private async ValueTask<string> CutAsync(ToolCall call, string text)
    {
        var limit = options.MaxToolResultLength;
        if (text.Length <= limit) return text;
        await scope.AppendAsync(new AgentProgressed
        {
            Activity = Activities.ToolResultTruncated,
            Detail = Payload.Of(new Dictionary<string, object?> { ["tool"] = call.Tool, ["callId"] = call.CallId, ["length"] = text.Length }),
        }).ConfigureAwait(false);
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return $"{text.AsSpan(0, end)}\n[cut: {text.Length - end} more characters]";
    }

    private async ValueTask TellHooksAsync(ToolCall call, ToolOutcome outcome, CancellationToken cancellationToken)
    {
        foreach (var hook in options.Hooks)
        {
            try
            {
                var told = hook.AfterAsync(call, outcome, cancellationToken);
                if (!told.IsCompletedSuccessfully) await told.AsTask().WaitAsync(options.HookTimeout, _context.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                await scope.AppendAsync(new AgentProgressed
                {
                        Activity = Activities.HookFailed,
                    Detail = Payload.Of($"{hook.GetType().Name}: {failure.Message}"),
                }).ConfigureAwait(false);
            }
        }
    }

    private static ToolOutcome Failed(string error) => new($"Error: {error}", Ok: false, Error: error);

    private static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        TextContent content => content.Text,
        IEnumerable<AIContent> contents => string.Concat(contents.OfType<TextContent>()),
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
        _ => Payload.Of(result).ToString(),
    };
}
