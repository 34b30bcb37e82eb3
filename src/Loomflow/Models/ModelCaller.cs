using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// The one way in which models are called: rate limit, budget, call with retries and fallbacks, usage. A streamed answer is tried again
/// only before its first piece, because what has been shown cannot be taken back.
/// </summary>
internal sealed class ModelCaller(IChatClient model, AgentOptions options)
{
    private readonly IChatClient[] _models = [model, .. options.Fallbacks];

    /// <summary>What a call came to: an answer, or the budget limit that stood against it.</summary>
    public readonly record struct Answer(ChatResponse? Response, Usage Usage, string? Refused = null);

    /// <exception cref="ModelException">No model answered.</exception>
    public async ValueTask<Answer> CallAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, BudgetGate budget, StepScope scope, int turn, CancellationToken cancellationToken)
    {
        var context = scope.Context;
        if (FramesToolOutput(context)) messages = UntrustedText.FrameResults(messages);
        foreach (var (rate, limiter) in budget.Limits.Rates) await WaitForRateAsync(rate, limiter, context, cancellationToken).ConfigureAwait(false);
        if (await budget.ReserveAsync(messages, chat, chat.ModelId ?? NameOf(_models[0]), cancellationToken).ConfigureAwait(false) is { } refused)
        {
            return new Answer(null, Usage.None, refused);
        }

        var consumed = Usage.None;
        var started = context.Time.GetTimestamp();
        try
        {
            var answer = await AskAsync(messages, chat, budget, scope, turn, cancellationToken).ConfigureAwait(false);
            consumed = answer.Usage;
            return answer;
        }
        finally
        {
            await budget.SettleAsync(consumed, context.Time.GetElapsedTime(started)).ConfigureAwait(false);
        }
    }

    /// <summary>What a tool returned as the model is shown it where it is put into a prompt: as untrusted text, where results are shown so.</summary>
    public string ShowResult(string result, RunContext context) => FramesToolOutput(context) ? UntrustedText.Frame(result).Framed : result;

    // Where the guardrail is, results are framed already.
    private bool FramesToolOutput(RunContext context) =>
        (options.FrameToolOutput ?? (context.Services?.GetService(typeof(AgentDefaults)) as AgentDefaults)?.FrameToolOutput ?? false) && !options.Guardrails.Any(guardrail => guardrail is InjectionGuard);

    private async ValueTask WaitForRateAsync(RateLimit rate, IRateLimiter limiter, RunContext context, CancellationToken cancellationToken)
    {
        while (true)
        {
            var decision = await limiter.AcquireAsync(context.Run.Partition, rate, cancellationToken).ConfigureAwait(false);
            if (decision.Granted) return;
            if (options.RejectOverRate) throw new RateLimitedException(context.Run.Partition, rate, decision.RetryAfter);
            await Task.Delay(decision.RetryAfter, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Answer> AskAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, BudgetGate budget, StepScope scope, int turn, CancellationToken cancellationToken)
    {
        var shown = new StrongBox<bool>();
        for (var (candidate, attempt) = (0, 1); ; attempt++)
        {
            try
            {
                return await AttemptAsync(_models[candidate], messages, chat, budget, scope, turn, shown, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested && !shown.Value && ModelException.From(failure) is { } known && CanGoOn(known, candidate, attempt))
            {
                if (MayRetry(known, attempt))
                {
                    var wait = options.Retry.DelayAfter(attempt, Random.Shared.NextDouble());
                    if (known.RetryAfter is { } asked && asked > wait) wait = asked;
                    await ReportAsync(scope, Activities.ModelRetrying, known, candidate, attempt, wait).ConfigureAwait(false);
                    await Task.Delay(wait, scope.Context.Time, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await ReportAsync(scope, Activities.ModelFallback, known, candidate, attempt, null).ConfigureAwait(false);
                    (candidate, attempt) = (candidate + 1, 0);
                }
            }
        }
    }

    private bool CanGoOn(ModelException failure, int candidate, int attempt) =>
        MayRetry(failure, attempt)
        || (candidate + 1 < _models.Length && failure.Error is ModelErrorKind.Transient or ModelErrorKind.RateLimited or ModelErrorKind.Unavailable);

    private bool MayRetry(ModelException failure, int attempt) =>
        failure.Error is ModelErrorKind.Transient or ModelErrorKind.RateLimited && options.Retry.Allows(Failure.From(failure), attempt);

    private async ValueTask<Answer> AttemptAsync(
        IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions chat, BudgetGate budget, StepScope scope, int turn, StrongBox<bool> shown, CancellationToken cancellationToken)
    {
        var context = scope.Context;
        var streaming = context.Events.WantsDeltas;
        using var span = AgentTelemetry.StartModel(scope, client, chat, messages, turn, streaming);
        using var limit = new CancellationTokenSource(options.ModelTimeout, context.Time);
        using var link = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token) : null;
        var token = link?.Token ?? limit.Token;
        var started = context.Time.GetTimestamp();
        try
        {
            var response = streaming
                ? await StreamAsync(client, messages, chat, scope, shown, token).ConfigureAwait(false)
                : await client.GetResponseAsync(messages, chat, token).WaitAsync(token).ConfigureAwait(false);
            var used = UsageOf(response, client, budget);
            AgentTelemetry.EndModel(span, client, response, used, context.Time.GetElapsedTime(started));
            return new Answer(response, used);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var failure = new ModelException(ModelErrorKind.Transient, $"The model did not answer within {options.ModelTimeout.TotalSeconds:0.###} s.", late);
            AgentTelemetry.FailModel(span, client, failure, context.Time.GetElapsedTime(started));
            throw failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            span.Conclude("cancelled");
            throw;
        }
        catch (Exception failure)
        {
            AgentTelemetry.FailModel(span, client, failure, context.Time.GetElapsedTime(started));
            throw;
        }
    }

    private static async ValueTask<ChatResponse> StreamAsync(
        IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions chat, StepScope scope, StrongBox<bool> shown, CancellationToken cancellationToken)
    {
        var updates = new List<ChatResponseUpdate>();
        var stream = client.GetStreamingResponseAsync(messages, chat, cancellationToken).GetAsyncEnumerator(cancellationToken);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                // A model that does not listen to the token is left behind, like a tool.
                next = stream.MoveNextAsync().AsTask();
                if (!await next.WaitAsync(cancellationToken).ConfigureAwait(false)) break;
                updates.Add(stream.Current);
                if (stream.Current.Text is not { Length: > 0 } text) continue;
                shown.Value = true;
                await scope.Context.Events.WriteDeltaAsync(new TextDelta(scope.Path, text), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (next is null or { IsCompleted: true }) await stream.DisposeAsync().ConfigureAwait(false);
        }

        return updates.ToChatResponse();
    }

    private static Usage UsageOf(ChatResponse response, IChatClient client, BudgetGate budget)
    {
        var details = response.Usage;
        var (input, output, cached) = (details?.InputTokenCount ?? 0, details?.OutputTokenCount ?? 0, details?.CachedInputTokenCount ?? 0);
        var cost = budget.PriceOf(response.ModelId ?? NameOf(client))?.CostOf(input, output, cached) ?? 0;
        return new Usage(input, output, cached, details?.ReasoningTokenCount ?? 0, ModelCalls: 1, Cost: cost);
    }

    private static string? NameOf(IChatClient client) => client.GetService<ChatClientMetadata>()?.DefaultModelId;

    private ValueTask<RunEvent> ReportAsync(StepScope scope, string activity, ModelException failure, int candidate, int attempt, TimeSpan? wait) =>
        scope.AppendAsync(new AgentProgressed
        {
            Activity = activity,
            Detail = Payload.Of(new Dictionary<string, object?>
            {
                ["error"] = failure.Message,
                ["kind"] = failure.Error,
                ["model"] = NameOf(_models[candidate]),
                ["attempt"] = attempt,
                ["waitSeconds"] = wait?.TotalSeconds,
            }),
        });
}
