namespace Loomflow;

/// <summary>The limits per user that hold for one agent's model calls, its own and its host's, each with who counts for it.</summary>
internal sealed class CallLimits
{
    private static readonly CallLimits s_none = new();

    public IReadOnlyList<(UserBudget Budget, IBudgetLedger Ledger)> Budgets { get; private init; } = [];

    public IReadOnlyList<(RateLimit Rate, IRateLimiter Limiter)> Rates { get; private init; } = [];

    public bool HasCost => Budgets.Any(one => one.Budget.MaxCost is not null);

    /// <exception cref="InvalidOperationException">There is a limit and nobody to count for it: it fails closed.</exception>
    public static CallLimits Of(AgentOptions options, IServiceProvider? services)
    {
        var host = (UserLimits?)services?.GetService(typeof(UserLimits));
        if (options is { UserBudget: null, RateLimit: null } && host is null or { Budget: null, Rate: null }) return s_none;

        var budgets = new List<(UserBudget Budget, IBudgetLedger Ledger)>();
        if (host?.Budget is { } shared) budgets.Add((shared, Ledger(null)));
        if (options.UserBudget is { } own)
        {
            // Counted in the same place, two budgets are one with the lower of their limits.
            var ledger = Ledger(options.BudgetLedger);
            var same = budgets.FindIndex(one => one.Ledger == ledger && one.Budget.Window == own.Window);
            if (same < 0) budgets.Add((own, ledger));
            else budgets[same] = (own.And(budgets[same].Budget), ledger);
        }

        var rates = new List<(RateLimit, IRateLimiter)>();
        if (host?.Rate is { } sharedRate) rates.Add((sharedRate, Limiter(null)));
        if (options.RateLimit is { } ownRate) rates.Add((ownRate, Limiter(options.RateLimiter)));
        return new CallLimits { Budgets = budgets, Rates = rates };

        IBudgetLedger Ledger(IBudgetLedger? chosen) => chosen ?? (IBudgetLedger?)services?.GetService(typeof(IBudgetLedger))
            ?? throw Nobody("a budget per user", nameof(AgentOptions.BudgetLedger), nameof(IBudgetLedger));

        IRateLimiter Limiter(IRateLimiter? chosen) => chosen ?? (IRateLimiter?)services?.GetService(typeof(IRateLimiter))
            ?? throw Nobody("a rate limit", nameof(AgentOptions.RateLimiter), nameof(IRateLimiter));

        InvalidOperationException Nobody(string limit, string option, string service) => new(
            $"Agent '{options.Name}' has {limit} and nobody to count for it: set AgentOptions.{option}, or give the run services (RunOptions.Services) with an {service}.");
    }
}
