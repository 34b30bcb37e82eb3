namespace Loomflow;

/// <summary>What a model call takes from a budget.</summary>
/// <param name="InputTokens">Tokens sent.</param>
/// <param name="OutputTokens">Tokens produced.</param>
/// <param name="Cost">US dollars.</param>
/// <param name="WallClock">Time spent waiting for models and tools.</param>
public readonly record struct BudgetAmount(long InputTokens = 0, long OutputTokens = 0, decimal Cost = 0, TimeSpan WallClock = default)
{
    /// <summary><see cref="InputTokens"/> and <see cref="OutputTokens"/> together.</summary>
    public long TotalTokens => InputTokens + OutputTokens;

    /// <summary>The sum of two amounts.</summary>
    public static BudgetAmount operator +(BudgetAmount left, BudgetAmount right) => new(
        left.InputTokens + right.InputTokens,
        left.OutputTokens + right.OutputTokens,
        left.Cost + right.Cost,
        left.WallClock + right.WallClock);

    /// <summary>The difference of two amounts.</summary>
    public static BudgetAmount operator -(BudgetAmount left, BudgetAmount right) => new(
        left.InputTokens - right.InputTokens,
        left.OutputTokens - right.OutputTokens,
        left.Cost - right.Cost,
        left.WallClock - right.WallClock);
}
