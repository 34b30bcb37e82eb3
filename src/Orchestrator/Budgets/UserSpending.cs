using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;

namespace Loomflow.Aspire.Orchestrator.Budgets;

/// <summary>What users have spent of the budget that this host holds everybody to.</summary>
internal sealed class UserSpending(IBudgetLedger ledger, UserLimits limits, Delegation delegation, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>The caller's budget in the current window, or that of the user that they name.</summary>
    /// <exception cref="RunRefusedException">There is no budget, or the ledger cannot be reached.</exception>
    /// <exception cref="CallerRefusedException">The user is not theirs to name, or is missing.</exception>
    public async Task<Spending> GetAsync(Caller caller, string? user, CancellationToken cancellationToken)
    {
        caller = await delegation.ReachAsync(caller, user, cancellationToken);
        var owner = PartitionKey.Of(caller.RequireUser());
        if (limits.Budget is not { } budget)
        {
            throw new RunRefusedException(RunRefusal.NoBudget, "Users have no budget here, so nothing is counted: 'UserLimits:Budget' in the configuration of orchestrators and workers sets one.");
        }

        using var limit = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var start = BudgetWindow.Start(time.GetUtcNow(), budget.Window);
            return new Spending(owner.UserId, start, await ledger.GetSpentAsync(owner, budget.Window, either.Token), budget);
        }
        catch (OperationCanceledException away) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunRefusedException(RunRefusal.StoreAway, "What was spent cannot be read right now; it is counted all the same. Try again.", away);
        }
    }
}
