namespace Loomflow;

/// <summary>What model calls consumed: tokens, calls and money. Adds up through nested agents and workflows.</summary>
/// <param name="InputTokens">Tokens sent to models, cached ones included.</param>
/// <param name="OutputTokens">Tokens that models produced, reasoning included.</param>
/// <param name="CachedInputTokens">The part of <paramref name="InputTokens"/> that was read from a provider's cache.</param>
/// <param name="ReasoningTokens">The part of <paramref name="OutputTokens"/> that was reasoning.</param>
/// <param name="ModelCalls">Model calls that were answered.</param>
/// <param name="ToolCalls">Tool calls that were executed.</param>
/// <param name="Cost">Cost in US dollars; 0 where the price of a model is not known.</param>
public sealed record Usage(
    long InputTokens = 0,
    long OutputTokens = 0,
    long CachedInputTokens = 0,
    long ReasoningTokens = 0,
    int ModelCalls = 0,
    int ToolCalls = 0,
    decimal Cost = 0)
{
    /// <summary>Nothing consumed.</summary>
    public static Usage None { get; } = new();

    /// <summary><see cref="InputTokens"/> and <see cref="OutputTokens"/> together.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long TotalTokens => InputTokens + OutputTokens;

    /// <summary>The sum of two usages.</summary>
    public static Usage operator +(Usage left, Usage right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (ReferenceEquals(right, None)) return left;
        if (ReferenceEquals(left, None)) return right;
        return new Usage(
            left.InputTokens + right.InputTokens,
            left.OutputTokens + right.OutputTokens,
            left.CachedInputTokens + right.CachedInputTokens,
            left.ReasoningTokens + right.ReasoningTokens,
            left.ModelCalls + right.ModelCalls,
            left.ToolCalls + right.ToolCalls,
            left.Cost + right.Cost);
    }
}
