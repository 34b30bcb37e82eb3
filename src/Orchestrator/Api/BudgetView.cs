using System.ComponentModel;
using Loomflow.Aspire.Orchestrator.Budgets;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What a user has spent in the current window, and what they may.</summary>
internal sealed record BudgetView(
    string? UserId,
    DateTimeOffset WindowStart,
    [property: Description("When the count begins again.")] DateTimeOffset WindowEnd,
    [property: Description("What was spent, with what calls under way have reserved.")] BudgetView.Amounts Spent,
    [property: Description("What may be spent; what is absent has no limit.")] BudgetView.Amounts Limits)
{
    public static BudgetView Of(Spending spending)
    {
        var (spent, budget) = (spending.Spent, spending.Budget);
        return new BudgetView(
            spending.UserId,
            spending.WindowStart,
            spending.WindowEnd,
            new Amounts(spent.TotalTokens, spent.InputTokens, spent.OutputTokens, spent.Cost, spent.WallClock.TotalSeconds),
            new Amounts(budget.MaxTokens, budget.MaxInputTokens, budget.MaxOutputTokens, budget.MaxCost, budget.MaxWallClock?.TotalSeconds));
    }

    internal sealed record Amounts(
        [property: Description("Tokens sent and produced.")] long? Tokens,
        [property: Description("Tokens sent.")] long? InputTokens,
        [property: Description("Tokens produced.")] long? OutputTokens,
        [property: Description("US dollars.")] decimal? Cost,
        [property: Description("Seconds spent waiting for models and tools.")] double? WallClockSeconds);
}
