namespace Loomflow.Tests.Budgets;

public class InMemoryBudgetLedgerTests : BudgetLedgerConformance
{
    private InMemoryBudgetLedger? _ledger;

    protected override IBudgetLedger Open() => _ledger ??= new InMemoryBudgetLedger(Time);
}
