using System.Text.Json;

namespace Loomflow;

/// <summary>
/// Decides whether a tool call is made, and with which arguments: hooks, then permissions, then approval. The strictest says what
/// happens; whatever fails, fails closed.
/// </summary>
internal sealed class ToolGate(AgentOptions options, string agent, RunContext context, Recovered recovered)
{
    // Answers that hold for the rest of the run, by tool. The run has one user, so the user is part of the key.
    private readonly Dictionary<string, ApprovalDecision> _remembered = recovered.Remembered;

    // Both kinds write the question and the answer down as events of the run.
    private readonly IApprovals? _approvals = options.Approvals is { } own ? new RunApprovals(context, own) : context.Approvals;

    public readonly record struct Verdict(ToolCall Call, string? Denial, bool EditedByPerson, string? EditedBy);

    public async ValueTask<Verdict> JudgeAsync(ToolCall call, StepScope place, CancellationToken cancellationToken)
    {
        var asked = call;
        string? editor = null;
        foreach (var hook in options.Hooks)
        {
            var verdict = await AskHookAsync(hook, call, cancellationToken).ConfigureAwait(false);
            if (verdict.Denial is { } denial) return new Verdict(call, denial, false, null);
            if (verdict.Arguments is { } changed)
            {
                call = call with { Arguments = changed };
                editor = hook.GetType().Name;
            }
        }

        switch (options.Permissions.For(call.Partition).Judge(call))
        {
            case PermissionVerdict.Deny:
                return new Verdict(call, $"The tool '{call.Tool}' may not be used.", false, null);
            case PermissionVerdict.Allow:
                return new Verdict(call, null, false, editor);
        }

        var decision = await AskPersonAsync(call, place, cancellationToken).ConfigureAwait(false);
        if (decision.Outcome != ApprovalOutcome.Approved)
        {
            var why = decision.TimedOut ? "nobody answered in time" : decision.Comment ?? "no reason was given";
            return new Verdict(asked, $"The call was refused: {why}.", false, null);
        }

        if (decision.Data.IsNull) return new Verdict(call, null, false, editor);
        return TryReadArguments(decision.Data, out var edited)
            ? new Verdict(call with { Arguments = edited }, null, true, decision.Responder ?? editor)
            : new Verdict(asked, "The call was refused: the edited arguments are not a JSON object.", false, null);
    }

    /// <summary>The tool that a request was about.</summary>
    public static string ToolOf(ApprovalRequest request)
    {
        var subject = request.Subject.As<JsonElement>();
        return subject.ValueKind == JsonValueKind.Object && subject.TryGetProperty("tool", out var tool) ? tool.GetString() ?? "" : "";
    }

    private async ValueTask<HookVerdict> AskHookAsync(IToolHook hook, ToolCall call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var answer = hook.BeforeAsync(call, limit.Token);
            return answer.IsCompletedSuccessfully
                ? answer.Result
                : await answer.AsTask().WaitAsync(options.HookTimeout, context.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            return HookVerdict.Deny($"The hook {hook.GetType().Name} did not answer within {options.HookTimeout.TotalSeconds:0.###} s.");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return HookVerdict.Deny($"The hook {hook.GetType().Name} failed: {failure.Message}");
        }
    }

    private async ValueTask<ApprovalDecision> AskPersonAsync(ToolCall call, StepScope place, CancellationToken cancellationToken)
    {
        // What was decided about this very call comes first: it may have changed the arguments, which holds for no other call.
        var id = RunApprovals.IdOf(context.RunId, place.Path, place.Visit);
        if (recovered.Decision(id) is { } earlier) return earlier;
        lock (_remembered)
        {
            if (_remembered.TryGetValue(call.Tool, out var known)) return known;
        }

        if (_approvals is null) return Denied("it changes something, and there is nobody to ask");
        var decision = await AnswerAsync(_approvals, new ApprovalRequest
        {
            ApprovalId = id,
            Title = $"{agent} wants to call {call.Tool}",
            Subject = Payload.Of(new Dictionary<string, object?> { ["tool"] = call.Tool, ["arguments"] = call.Arguments }),
            Deadline = options.ApprovalTimeout is { } timeout ? context.Time.GetUtcNow() + timeout : null,
        }, cancellationToken).ConfigureAwait(false);
        if (decision.Remember)
        {
            lock (_remembered) _remembered[call.Tool] = decision with { Data = Payload.Null };
        }

        return decision;
    }

    private async ValueTask<ApprovalDecision> AnswerAsync(IApprovals approvals, ApprovalRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var answer = approvals.RequestAsync(request, cancellationToken);
            return options.ApprovalTimeout is { } timeout
                ? await answer.AsTask().WaitAsync(timeout, context.Time, cancellationToken).ConfigureAwait(false)
                : await answer.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return Denied("nobody answered in time") with { TimedOut = true };
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return Denied($"asking failed: {failure.Message}");
        }
    }

    private static ApprovalDecision Denied(string why) => new() { Outcome = ApprovalOutcome.Denied, Comment = why };

    private static bool TryReadArguments(Payload data, out IReadOnlyDictionary<string, object?> arguments)
    {
        try
        {
            arguments = Payload.FromJson(data.ToJson()).As<Dictionary<string, object?>>() ?? [];
            return true;
        }
        catch (PayloadException)
        {
            arguments = new Dictionary<string, object?>();
            return false;
        }
    }
}
