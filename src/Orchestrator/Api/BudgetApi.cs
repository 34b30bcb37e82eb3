using System.ComponentModel;
using Loomflow.Aspire.Orchestrator.Budgets;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Budgets over REST.</summary>
internal static class BudgetApi
{
    public static IEndpointRouteBuilder MapBudgetApi(this IEndpointRouteBuilder app)
    {
        app.MapGet("/budget", GetAsync).WithTags("Budget").RequireAuthorization(Scopes.RunsRead)
            .WithName("GetBudget").WithSummary("What the user has spent in the current window, and what they may.").Refuses(400, 404);
        return app;
    }

    private static async Task<Ok<BudgetView>> GetAsync(
        Caller caller,
        UserSpending spending,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null) =>
        TypedResults.Ok(BudgetView.Of(await spending.GetAsync(caller, user, cancellationToken)));
}
