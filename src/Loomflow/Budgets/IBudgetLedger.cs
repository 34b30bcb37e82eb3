namespace Loomflow;

/// <summary>
/// Counts what users spend, over all runs and all processes that share the ledger. Every model call reserves before it is made and
/// settles when it is over, so that calls made at the same time cannot spend the same money.
/// </summary>
public interface IBudgetLedger
{
    /// <summary>Reserves an amount where the budget has room for all of it, and nothing otherwise; in one atomic step.</summary>
    /// <param name="partition">Whose budget.</param>
    /// <param name="budget">The limits.</param>
    /// <param name="amount">The most that the call is expected to take.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<BudgetReservation> ReserveAsync(PartitionKey partition, UserBudget budget, BudgetAmount amount, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts what the call really took in the place of what it reserved. Settling twice counts once. A reservation that is not
    /// settled in time, because its process died, is given back after the ledger's lifetime of reservations; should it be settled
    /// after all, what the call took counts in full.
    /// </summary>
    ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount actual, CancellationToken cancellationToken = default);

    /// <summary>What a user has spent and reserved in the current window.</summary>
    ValueTask<BudgetAmount> GetSpentAsync(PartitionKey partition, TimeSpan window, CancellationToken cancellationToken = default);
}
