using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Budgets;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Budgets over gRPC, as over REST.</summary>
internal sealed class BudgetsGrpcService(UserSpending spending) : V1.Budgets.BudgetsBase
{
    [Authorize(Scopes.RunsRead)]
    public override async Task<V1.BudgetView> Get(GetBudgetRequest request, ServerCallContext context)
    {
        var found = await spending.GetAsync(context.GetHttpContext().Caller(), request.UserId, context.CancellationToken);
        var (spent, budget) = (found.Spent, found.Budget);
        var limits = new BudgetLimits();
        if (budget.MaxTokens is { } tokens) limits.Tokens = tokens;
        if (budget.MaxInputTokens is { } input) limits.InputTokens = input;
        if (budget.MaxOutputTokens is { } output) limits.OutputTokens = output;
        if (budget.MaxCost is { } cost) limits.Cost = Money(cost);
        if (budget.MaxWallClock is { } wallClock) limits.WallClockSeconds = wallClock.TotalSeconds;
        return new V1.BudgetView
        {
            UserId = found.UserId ?? "",
            WindowStart = found.WindowStart.ToTimestamp(),
            WindowEnd = found.WindowEnd.ToTimestamp(),
            Spent = new BudgetSpent
            {
                Tokens = spent.TotalTokens,
                InputTokens = spent.InputTokens,
                OutputTokens = spent.OutputTokens,
                Cost = Money(spent.Cost),
                WallClockSeconds = spent.WallClock.TotalSeconds,
            },
            Limits = limits,
        };
    }

    private static string Money(decimal dollars) => dollars.ToString(CultureInfo.InvariantCulture);
}
