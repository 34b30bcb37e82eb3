namespace Loomflow.Aspire.Orchestrator.Budgets;

/// <summary>What a user has spent in a window.</summary>
/// <param name="UserId">Who.</param>
/// <param name="WindowStart">When the window began.</param>
/// <param name="Spent">What was spent since, with what calls under way have reserved.</param>
/// <param name="Budget">What may be.</param>
internal sealed record Spending(string? UserId, DateTimeOffset WindowStart, BudgetAmount Spent, UserBudget Budget)
{
    public DateTimeOffset WindowEnd => WindowStart + Budget.Window;
}
