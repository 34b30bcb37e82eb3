namespace Loomflow;

/// <summary>What one user may spend, over all of their runs. A limit that is <see langword="null"/> does not apply.</summary>
public sealed record UserBudget
{
    /// <summary>Tokens sent and produced.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>Tokens sent.</summary>
    public long? MaxInputTokens { get; init; }

    /// <summary>Tokens produced.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? MaxCost { get; init; }

    /// <summary>Time spent waiting for models and tools.</summary>
    public TimeSpan? MaxWallClock { get; init; }

    /// <summary>
    /// After how long the count begins again; windows are aligned to the Unix epoch, so a day begins at midnight UTC.
    /// At least a second. One day.
    /// </summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromDays(1);

    internal UserBudget Validated()
    {
        BudgetWindow.Validate(Window, default);
        foreach (var (name, isNegative) in new[]
        {
            (nameof(MaxTokens), MaxTokens < 0), (nameof(MaxInputTokens), MaxInputTokens < 0), (nameof(MaxOutputTokens), MaxOutputTokens < 0), (nameof(MaxCost), MaxCost < 0), (nameof(MaxWallClock), MaxWallClock < TimeSpan.Zero),
        })
        {
            if (isNegative) throw new ArgumentException($"{name} of a user's budget is below zero: leave it out for no limit.");
        }

        return this;
    }

    /// <summary>The limits of two budgets of the same window, the lower of each.</summary>
    internal UserBudget And(UserBudget other) => this with
    {
        MaxTokens = Lower(MaxTokens, other.MaxTokens),
        MaxInputTokens = Lower(MaxInputTokens, other.MaxInputTokens),
        MaxOutputTokens = Lower(MaxOutputTokens, other.MaxOutputTokens),
        MaxCost = Lower(MaxCost, other.MaxCost),
        MaxWallClock = Lower(MaxWallClock, other.MaxWallClock),
    };

    private static T? Lower<T>(T? a, T? b)
        where T : struct, IComparable<T> => a is null ? b : b is null || a.Value.CompareTo(b.Value) <= 0 ? a : b;

    /// <summary>
    /// The limit that an amount is beyond, by the name of its property, or <see langword="null"/>. An amount that just reaches a limit
    /// is within it.
    /// </summary>
    public string? ExceededBy(BudgetAmount amount) =>
        amount.TotalTokens > MaxTokens ? nameof(MaxTokens)
        : amount.InputTokens > MaxInputTokens ? nameof(MaxInputTokens)
        : amount.OutputTokens > MaxOutputTokens ? nameof(MaxOutputTokens)
        : amount.Cost > MaxCost ? nameof(MaxCost)
        : amount.WallClock > MaxWallClock ? nameof(MaxWallClock)
        : null;
}
