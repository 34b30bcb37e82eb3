namespace Loomflow;

/// <summary>What a model costs, in US dollars per million tokens.</summary>
/// <param name="Input">Tokens sent.</param>
/// <param name="Output">Tokens produced.</param>
/// <param name="CachedInput">Tokens sent and read from the provider's cache; as <paramref name="Input"/> when left out.</param>
public readonly record struct ModelPrice(decimal Input, decimal Output, decimal? CachedInput = null)
{
    /// <summary>What this many tokens cost.</summary>
    public decimal CostOf(long inputTokens, long outputTokens, long cachedInputTokens = 0) =>
        ((Math.Max(0, inputTokens - cachedInputTokens) * Input) + (cachedInputTokens * (CachedInput ?? Input)) + (outputTokens * Output)) / 1_000_000m;
}
