using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

namespace Loomflow.Aspire.Security.Tests.Tenants;

/// <summary>Whose a run is: the credential's user's, or another one's where the credential may say so.</summary>
public sealed class DelegationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task User_ComesFromTheCredential_AndFromTheRequestOnlyWithTheScopeForIt()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        var clerk = await system.KeyAsync("clerk", scopes: [.. UserScopes.Ordinary, UserScopes.Delegate]);
        var tenantClerk = await system.KeyAsync("clerk", "acme", [.. UserScopes.Ordinary, UserScopes.Delegate]);
        var tenant = await system.KeyAsync(null, "acme", [.. UserScopes.Ordinary, UserScopes.Delegate]);

        (await OwnerAsync(system, alice, null)).ShouldBe("alice");
        (await OwnerAsync(system, alice, "alice")).ShouldBe("alice");
        (await StatusAsync(system, alice, "bob")).ShouldBe(HttpStatusCode.Forbidden);
        (await StatusAsync(system, alice, null, "bob")).ShouldBe(HttpStatusCode.Forbidden);
        (await OwnerAsync(system, clerk, "bob")).ShouldBe("bob");
        (await OwnerAsync(system, tenantClerk, "bob")).ShouldBe("acme/bob");
        (await OwnerAsync(system, tenantClerk, "acme/bob")).ShouldBe("acme/bob");
        (await StatusAsync(system, tenantClerk, "other/bob")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync(system, tenant, null)).ShouldBe(HttpStatusCode.BadRequest);
        (await OwnerAsync(system, tenant, "bob")).ShouldBe("acme/bob");
        (await StatusAsync(system, clerk, "b\nob")).ShouldBe(HttpStatusCode.BadRequest);
        foreach (var unfit in new[] { new string('b', 201), $"{new string('a', 201)}/bob", "acme/b/ob" })
        {
            (await StatusAsync(system, clerk, unfit)).ShouldBe(HttpStatusCode.BadRequest);
            (await StatusAsync(system, SecuredSystem.Token("orchestrator", Scopes.All), unfit)).ShouldBe(HttpStatusCode.BadRequest, "a service is believed, where the user can be one");
        }

        var delegated = await system.EntriesAsync("action=access_delegated", found => found.Count >= 4, Cancelled);
        delegated.Select(entry => entry.GetProperty("userId").GetString()).ShouldBe(["bob", "acme/bob", "acme/bob", "acme/bob"]);
        delegated.ShouldAllBe(entry => entry.GetProperty("payload").GetProperty("by").GetString()!.StartsWith("key:", StringComparison.Ordinal));
        var denied = await system.EntriesAsync("action=access_denied&user=alice", found => found.Count >= 2, Cancelled);
        denied.ShouldAllBe(entry => entry.GetProperty("payload").GetProperty("by").GetString()!.StartsWith("key:", StringComparison.Ordinal));
        denied.ShouldAllBe(entry => entry.GetProperty("subject").GetString() == "POST /workflows/{name}/runs");
    }

    [Fact]
    public async Task Header_ThatNamesAnotherUser_OpensThatUsersRunsAndNoOthers()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var bobs = await system.StartRunAsync(await system.KeyAsync("bob"), "echo", "x", Cancelled, wait: 30);
        var carols = await system.StartRunAsync(await system.KeyAsync("carol"), "echo", "x", Cancelled, wait: 30);
        var clerk = await system.KeyAsync("clerk", scopes: [.. UserScopes.Ordinary, UserScopes.Delegate]);

        (await ReadAsync(system, clerk, bobs)).ShouldBe(HttpStatusCode.NotFound);
        (await ReadAsync(system, clerk, bobs, "bob")).ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(system, clerk, carols, "bob")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Admin_ReachesEverybody_OfTheTenantWhereTheKeyHasOne()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var inside = await system.StartRunAsync(await system.KeyAsync("bob", "acme"), "echo", "x", Cancelled, wait: 30);
        var outside = await system.StartRunAsync(await system.KeyAsync("bob"), "echo", "x", Cancelled, wait: 30);
        var admin = await system.KeyAsync("root", scopes: [Scopes.RunsRead, UserScopes.Admin]);
        var tenantAdmin = await system.KeyAsync("root", "acme", [Scopes.RunsRead, UserScopes.Admin]);

        (await ReadAsync(system, admin, inside)).ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(system, admin, outside)).ShouldBe(HttpStatusCode.OK);
        (await ListAsync(system, admin)).ShouldBe([inside, outside], ignoreOrder: true);
        (await ReadAsync(system, tenantAdmin, inside)).ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(system, tenantAdmin, outside)).ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync(system, tenantAdmin)).ShouldBe([inside]);
    }

    [Fact]
    public async Task Question_IsAnsweredByWhomItNames_AndByNobodyElse()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var owner = await system.KeyAsync("alice", "acme");
        var manager = await system.KeyAsync("manager", "acme");
        var stranger = await system.KeyAsync("manager", "other");
        var admin = await system.KeyAsync("root", "acme", UserScopes.All);
        var runId = await system.StartRunAsync(owner, "ask_manager", "a raise", Cancelled);
        var question = await QuestionAsync(system, owner, runId);

        (await AnswerAsync(system, owner, runId, question)).ShouldBe(HttpStatusCode.Forbidden);
        (await AnswerAsync(system, admin, runId, question)).ShouldBe(HttpStatusCode.Forbidden);
        (await AnswerAsync(system, stranger, runId, question)).ShouldBe(HttpStatusCode.NotFound);
        (await ReadAsync(system, manager, runId)).ShouldBe(HttpStatusCode.NotFound, "a question opens itself, not the run");
        (await QuestionAsync(system, manager, runId)).ShouldBe(question);
        (await AnswerAsync(system, manager, runId, question)).ShouldBe(HttpStatusCode.Accepted);
    }

    private static async Task<HttpResponseMessage> StartAsync(SecuredSystem system, string key, string? userId, string? header) =>
        await system.Orchestrator.SendAsync(
            HttpMethod.Post, "/workflows/echo/runs", key, JsonContent.Create(new { input = "x", userId }), Cancelled, header is null ? [] : [(Delegation.Header, header)]);

    private static async Task<HttpStatusCode> StatusAsync(SecuredSystem system, string key, string? userId, string? header = null)
    {
        using var response = await StartAsync(system, key, userId, header);
        return response.StatusCode;
    }

    private static async Task<string?> OwnerAsync(SecuredSystem system, string key, string? userId)
    {
        using var response = await StartAsync(system, key, userId, null);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync(Cancelled));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("userId").GetString();
    }

    private static async Task<HttpStatusCode> ReadAsync(SecuredSystem system, string key, string runId, string? header = null)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, $"/runs/{runId}", key, null, Cancelled, header is null ? [] : [(Delegation.Header, header)]);
        return response.StatusCode;
    }

    private static async Task<string[]> ListAsync(SecuredSystem system, string key)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, "/runs", key, null, Cancelled);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()!)];
    }

    private static async Task<HttpStatusCode> AnswerAsync(SecuredSystem system, string key, string runId, string question)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Post, $"/runs/{runId}/approvals/{question}", key, JsonContent.Create(new { approved = true }), Cancelled);
        return response.StatusCode;
    }

    private static async Task<string> QuestionAsync(SecuredSystem system, string key, string runId)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, $"/runs/{runId}/approvals", key, null, Cancelled);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            var open = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).EnumerateArray().ToArray();
            if (open.Length > 0) return open[0].GetProperty("approvalId").GetString()!;
            await pause.WaitForNextTickAsync(Cancelled);
        }
    }
}
