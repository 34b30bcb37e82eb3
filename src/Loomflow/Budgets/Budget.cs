namespace Loomflow;

/// <summary>How much may be consumed. Checked before each model call; what is left out has no limit.</summary>
public sealed record Budget
{
    /// <summary>Tokens sent and produced.</summary>
    public long? MaxTokens { get; init => field = Positive(value, nameof(MaxTokens)); }

    /// <summary>Tokens sent to models.</summary>
    public long? MaxInputTokens { get; init => field = Positive(value, nameof(MaxInputTokens)); }

    /// <summary>Tokens that models produce.</summary>
    public long? MaxOutputTokens { get; init => field = Positive(value, nameof(MaxOutputTokens)); }

    /// <summary>US dollars. A model whose price is not known is then refused.</summary>
    public decimal? MaxCost
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxCost), value, "A budget must be more than zero; leave it null for no limit.");
    }

    /// <summary>The part of a limit, from 0 to 1, at which a warning is given once.</summary>
    public double WarnAt
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(WarnAt), value, "WarnAt is a fraction from 0 to 1.");
    } = 0.8;

    /// <summary>The limit that is used up by what was consumed, or that <paramref name="next"/> would go beyond; <see langword="null"/> when there is room.</summary>
    internal string? Exceeded(Usage consumed, BudgetAmount next) =>
        Over(MaxTokens, consumed.TotalTokens, next.TotalTokens) ? "max_tokens"
            : Over(MaxInputTokens, consumed.InputTokens, next.InputTokens) ? "max_input_tokens"
            : Over(MaxOutputTokens, consumed.OutputTokens, next.OutputTokens) ? "max_output_tokens"
            : consumed.Cost >= MaxCost || consumed.Cost + next.Cost > MaxCost ? "max_cost"
            : null;

    /// <summary>The first limit of which <see cref="WarnAt"/> is consumed.</summary>
    internal string? Near(Usage consumed) =>
        consumed.TotalTokens >= MaxTokens * WarnAt ? "max_tokens"
            : consumed.InputTokens >= MaxInputTokens * WarnAt ? "max_input_tokens"
            : consumed.OutputTokens >= MaxOutputTokens * WarnAt ? "max_output_tokens"
            : consumed.Cost >= MaxCost * (decimal)WarnAt ? "max_cost"
            : null;

    private static bool Over(long? limit, long consumed, long next) => consumed >= limit || consumed + next > limit;

    private static long? Positive(long? value, string name) =>
        value is null or > 0 ? value : throw new ArgumentOutOfRangeException(name, value, "A budget must be more than zero; leave it null for no limit.");
}
