namespace Loomflow;

/// <summary>What a guardrail says of a text: let through, replaced or blocked.</summary>
public sealed record GuardrailVerdict
{
    private GuardrailVerdict()
    {
    }

    /// <summary>The text may pass as it is.</summary>
    public static GuardrailVerdict Allow { get; } = new();

    /// <summary>The text that takes the place of the original, or <see langword="null"/>.</summary>
    public string? Replacement { get; private init; }

    /// <summary>What is said instead of the text, or <see langword="null"/> when it is not blocked.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; private init; }

    /// <summary>Puts another text in its place.</summary>
    /// <param name="text">The other text.</param>
    /// <param name="reason">Why, for the audit log; <see langword="null"/> for a change of form that nobody needs to know of.</param>
    public static GuardrailVerdict Replace(string text, string? reason = null) => new() { Replacement = text, Reason = reason };

    /// <summary>Blocks the text. Blocked input or output ends the run with <paramref name="refusal"/> as its output.</summary>
    public static GuardrailVerdict Block(string reason, string refusal = "This request cannot be answered.") => new() { Refusal = refusal, Reason = reason };
}
