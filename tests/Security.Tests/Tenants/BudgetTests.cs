using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Loomflow.Aspire.Security.Tests.Tenants;

/// <summary>What a user has spent: the user's to see, and an admin's.</summary>
public sealed class BudgetTests
{
    private static readonly (string, string)[] s_budget = [("UserLimits:Budget:MaxTokens", "5000"), ("UserLimits:Budget:MaxCost", "2.5"), ("UserLimits:Budget:Window", "365.00:00:00")];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AUser_SeesWhatTheyHaveSpent_AndOfOthersOnlyWithTheScopeForIt()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, s_budget);
        var alice = await system.KeyAsync("alice", "acme");
        await SpendAsync(system, "acme/alice", new BudgetAmount(1_000, 200, 0.125m, TimeSpan.FromSeconds(3)));
        await SpendAsync(system, "acme/bob", new BudgetAmount(7, 7, 0.5m));

        var own = await GetAsync(system, "/budget", alice);
        own.GetProperty("userId").GetString().ShouldBe("acme/alice");
        (Number(own, "spent", "tokens"), Number(own, "spent", "inputTokens"), Number(own, "spent", "outputTokens"), Number(own, "spent", "cost"), Number(own, "spent", "wallClockSeconds"))
            .ShouldBe((1_200, 1_000, 200, 0.125m, 3));
        (Number(own, "limits", "tokens"), Number(own, "limits", "cost")).ShouldBe((5_000, 2.5m));
        own.GetProperty("limits").TryGetProperty("inputTokens", out _).ShouldBeFalse();
        (own.GetProperty("windowEnd").GetDateTimeOffset() - own.GetProperty("windowStart").GetDateTimeOffset()).ShouldBe(TimeSpan.FromDays(365));

        var admin = await system.KeyAsync("root", "acme", [Scopes.RunsRead, UserScopes.Admin]);
        Number(await GetAsync(system, "/budget?user=bob", admin), "spent", "tokens").ShouldBe(14);
        using (var refused = await system.Orchestrator.SendAsync(HttpMethod.Get, "/budget?user=acme/bob", alice, null, Cancelled)) refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using (var outside = await system.Orchestrator.SendAsync(HttpMethod.Get, "/budget?user=other/bob", admin, null, Cancelled)) outside.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var grpc = new Budgets.BudgetsClient(channel);
        var reply = await grpc.GetAsync(new GetBudgetRequest(), new Metadata { { "authorization", $"Bearer {alice}" } }, cancellationToken: Cancelled);
        (reply.UserId, reply.Spent.Tokens, reply.Spent.Cost, reply.Limits.Tokens, reply.Limits.Cost, reply.Limits.HasInputTokens).ShouldBe(("acme/alice", 1_200, "0.125", 5_000, "2.5", false));
        (await Should.ThrowAsync<RpcException>(async () => await grpc.GetAsync(new GetBudgetRequest { UserId = "bob" }, new Metadata { { "authorization", $"Bearer {alice}" } }, cancellationToken: Cancelled)))
            .StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task WithoutABudget_TheAnswerSaysHowToSetOne()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, "/budget", await system.KeyAsync("alice"), null, Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        problem.GetProperty("type").GetString().ShouldBe("urn:loomflow:no_budget");
        problem.GetProperty("detail").GetString()!.ShouldContain("UserLimits:Budget");
    }

    [Fact]
    public async Task WhileRedisIsAway_TheAnswerIsToTryAgain()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, s_budget);
        var alice = await system.KeyAsync("alice");
        await GetAsync(system, "/budget", alice);
        await system.KillRedisAsync();
        foreach (var path in new[] { "/budget", "/memory", "/memory/blocks" })
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, alice, null, Cancelled);
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, path);
        }
    }

    internal static async Task SpendAsync(SecuredSystem system, string userId, BudgetAmount amount)
    {
        var services = system.Orchestrator.Services;
        var ledger = services.GetRequiredService<IBudgetLedger>();
        var reservation = await ledger.ReserveAsync(PartitionKey.Named(userId), services.GetRequiredService<UserLimits>().Budget!, amount, Cancelled);
        await ledger.SettleAsync(reservation, amount, Cancelled);
    }

    private static async Task<JsonElement> GetAsync(SecuredSystem system, string path, string key)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, key, null, Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Cancelled));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }

    private static decimal Number(JsonElement budget, string part, string name) => budget.GetProperty(part).GetProperty(name).GetDecimal();
}
