namespace Loomflow;

/// <summary>Sends a text through an agent's guardrails and has what they do written down.</summary>
internal static class Guards
{
    /// <summary>The text that passes, and the name of the guardrail that blocked it, if one did.</summary>
    public static async ValueTask<(string Text, string? BlockedBy)> ApplyAsync(
        IReadOnlyList<IGuardrail> guardrails, GuardrailStage stage, string text, StepScope scope, CancellationToken cancellationToken)
    {
        foreach (var guardrail in guardrails)
        {
            if (!guardrail.Stages.HasFlag(stage)) continue;
            var verdict = await guardrail.CheckAsync(stage, text, cancellationToken).ConfigureAwait(false);
            if (verdict.Reason is not null) await scope.AppendAsync(new GuardrailBlocked
            {
                Guardrail = guardrail.Name,
                Stage = NameOf(stage),
                Reason = verdict.Reason,
            }).ConfigureAwait(false);
            if (verdict.Refusal is { } refusal) return (refusal, guardrail.Name);
            text = verdict.Replacement ?? text;
        }

        return (text, null);
    }

    private static string NameOf(GuardrailStage stage) => stage switch
    {
        GuardrailStage.Input => "input",
        GuardrailStage.Output => "output",
        _ => "tool_result",
    };
}
