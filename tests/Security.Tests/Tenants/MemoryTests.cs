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

/// <summary>What agents remember of a user: the user's to read and to have forgotten, and nobody else's.</summary>
public sealed class MemoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AUser_SeesWhatIsRemembered_PageByPage_AndFindsThingsInIt()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice", "acme");
        await RememberAsync(system, "acme/alice", "alice", episodes: 7);
        await RememberAsync(system, "acme/bob", "bob", episodes: 3);

        var overview = await JsonAsync(system, HttpMethod.Get, "/memory", alice);
        overview.GetProperty("userId").GetString().ShouldBe("acme/alice");
        (overview.GetProperty("episodes").GetInt32(), overview.GetProperty("facts").GetInt32(), overview.GetProperty("blocks").GetInt32()).ShouldBe((7, 2, 1));
        (await JsonAsync(system, HttpMethod.Get, "/memory/blocks", alice)).EnumerateArray().Single().GetProperty("content").GetString().ShouldBe("the plan of alice");

        var whole = await ListAsync(system, alice, "episodes", 200);
        whole.ShouldBe(Enumerable.Range(0, 7).Reverse().Select(number => $"ep_alice_{number}"));
        (await ListAsync(system, alice, "episodes", 2)).ShouldBe(whole);
        var facts = await ListAsync(system, alice, "facts", 1);
        facts.ShouldBe(["fact_alice_lisbon", "fact_alice_berlin"]);
        var found = await ListAsync(system, alice, "episodes", 3, "parcel number 4");
        found.Count.ShouldBe(7);
        found[0].ShouldBe("ep_alice_4");
        (await ListAsync(system, alice, "facts", 5, "Berlin")).ShouldBe(["fact_alice_berlin"]);

        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var grpc = new Memories.MemoriesClient(channel);
        var paged = new List<string>();
        var request = new ListMemoriesRequest { PageSize = 3 };
        do
        {
            var reply = await grpc.ListEpisodesAsync(request, Headers(alice), cancellationToken: Cancelled);
            paged.AddRange(reply.Episodes.Select(episode => episode.Id));
            request.PageToken = reply.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        paged.ShouldBe(whole);
        (await grpc.GetOverviewAsync(new MemoryRequest(), Headers(alice), cancellationToken: Cancelled)).Episodes.ShouldBe(7);
        (await grpc.ListFactsAsync(new ListMemoriesRequest(), Headers(alice), cancellationToken: Cancelled)).Facts.Select(fact => fact.Id).ShouldBe(facts);
        (await grpc.ListBlocksAsync(new MemoryRequest(), Headers(alice), cancellationToken: Cancelled)).Blocks.Single().Name.ShouldBe("plan");
    }

    [Fact]
    public async Task WhatIsForgotten_IsGone_AndTheAuditLogSaysWhoHadItForgotten()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        await RememberAsync(system, "alice", "alice", episodes: 4);
        await RememberAsync(system, "bob", "bob", episodes: 2);
        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var grpc = new Memories.MemoriesClient(channel);

        Receipt(await JsonAsync(system, HttpMethod.Delete, "/memory/episodes/ep_alice_0", alice)).ShouldBe((1, 1, 0), "with the fact that was learnt from it");
        Receipt(await JsonAsync(system, HttpMethod.Delete, "/memory/facts/fact_alice_lisbon", alice)).ShouldBe((0, 1, 0));
        Receipt(await JsonAsync(system, HttpMethod.Delete, "/memory/blocks/plan", alice)).ShouldBe((0, 0, 1));
        Receipt(await JsonAsync(system, HttpMethod.Delete, "/memory?session=alice-1", alice)).ShouldBe((1, 0, 0));
        (await grpc.ForgetEpisodeAsync(new ForgetOneRequest { Id = "ep_alice_2" }, Headers(alice), cancellationToken: Cancelled)).Episodes.ShouldBe(1);
        (await ListAsync(system, alice, "episodes", 10)).ShouldBe(["ep_alice_3"]);
        (await ListAsync(system, alice, "episodes", 10, "parcel number 2")).ShouldBe(["ep_alice_3"]);
        (await grpc.ForgetAsync(new ForgetRequest(), Headers(alice), cancellationToken: Cancelled)).ShouldBe(new ForgetReply { Episodes = 1 });
        (await ListAsync(system, alice, "episodes", 10)).ShouldBeEmpty();
        (await ListAsync(system, await system.KeyAsync("bob"), "episodes", 10)).Count.ShouldBe(2);

        var entries = await system.EntriesAsync("action=memory_forgotten&user=alice", found => found.Count >= 6, Cancelled);
        entries.Select(entry => entry.GetProperty("subject").GetString()).ShouldBe(
            ["DELETE /memory/episodes/{**episode}", "DELETE /memory/facts/{**fact}", "DELETE /memory/blocks/{**block}", "DELETE /memory/", "POST /loomflow.v1.Memories/ForgetEpisode", "POST /loomflow.v1.Memories/Forget"]);
        entries[0].GetRawText().ShouldContain("ep_alice_0");
        entries.ShouldAllBe(entry => entry.GetProperty("payload").GetProperty("by").GetString()!.StartsWith("key:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task IdsOfSteps_WithTheirSlashes_AreFoundEscapedOrNot()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        var memory = system.Orchestrator.Services.GetRequiredService<IMemory>();
        foreach (var (id, path) in new[]
        {
            ("ep_run_1/billing/billing#1", "ep_run_1/billing/billing%231"),
            ("ep_run_2/billing/billing#1", Uri.EscapeDataString("ep_run_2/billing/billing#1")),
        })
        {
            await memory.RememberAsync(PartitionKey.Named("alice"), new Episode { Id = id, SessionId = "s", OccurredAt = DateTimeOffset.UtcNow, Input = "hi", Output = "ho" }, Cancelled);
            Receipt(await JsonAsync(system, HttpMethod.Delete, $"/memory/episodes/{path}", alice)).ShouldBe((1, 0, 0), path);
        }

        await memory.SetBlockAsync(PartitionKey.Named("alice"), "notes/what to do?", "nothing", Cancelled);
        Receipt(await JsonAsync(system, HttpMethod.Delete, $"/memory/blocks/{Uri.EscapeDataString("notes/what to do?")}", alice)).ShouldBe((0, 0, 1));
    }

    [Fact]
    public async Task WhatCannotBeAsked_IsRefused_AndForgetsNothing()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        await RememberAsync(system, "alice", "alice", episodes: 1);
        foreach (var (method, path, reason, named) in new[]
        {
            (HttpMethod.Delete, "?sesion=s1", "bad_query", "sesion"),
            (HttpMethod.Delete, "?session=", "bad_query", "session"),
            (HttpMethod.Delete, "?before=", "bad_query", "before"),
            (HttpMethod.Delete, "?before=yesterday", "bad_query", "yesterday"),
            (HttpMethod.Get, "/episodes?pageSize=0", "bad_page_size", "0"),
            (HttpMethod.Get, "/facts?pageSize=201", "bad_page_size", "201"),
            (HttpMethod.Get, "/episodes?cursor=nonsense", "bad_cursor", "nonsense"),
            (HttpMethod.Get, "/episodes?cursor=99999999999999999.x", "bad_cursor", "cursor"),
            (HttpMethod.Get, "/facts?query=x&cursor=1001", "bad_cursor", "1001"),
            (HttpMethod.Get, "/facts?query=x&cursor=-1", "bad_cursor", "-1"),
            (HttpMethod.Get, $"/facts?query={new string('x', 1_001)}", "bad_query", "1001"),
            (HttpMethod.Delete, $"?session={new string('x', 4_001)}", "malformed", "4001"),
            (HttpMethod.Delete, $"/facts/{new string('x', 4_001)}", "malformed", "4001"),
        })
        {
            using var response = await system.Orchestrator.SendAsync(method, $"/memory{path}", alice, null, Cancelled);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, path);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
            (problem.GetProperty("type").GetString(), problem.GetProperty("detail").GetString()!.Contains(named, StringComparison.Ordinal)).ShouldBe(($"urn:loomflow:{reason}", true), path);
        }

        (await ListAsync(system, alice, "episodes", 10)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task WhatIsOfSomebodyElse_LooksLikeWhatDoesNotExist_AndStays()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        await RememberAsync(system, "acme/alice", "alice", episodes: 1);
        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var grpc = new Memories.MemoriesClient(channel);
        foreach (var stranger in new[] { await system.KeyAsync("bob", "acme"), await system.KeyAsync("alice", "other"), await system.KeyAsync("alice") })
        {
            foreach (var (kind, id) in new[] { ("episodes", "ep_alice_0"), ("facts", "fact_alice_berlin"), ("blocks", "plan") })
            {
                var theirs = await AnswerAsync(HttpMethod.Delete, $"/memory/{kind}/{id}");
                theirs.Status.ShouldBe(HttpStatusCode.NotFound);
                theirs.Body.Replace(id, "ID", StringComparison.Ordinal).ShouldBe((await AnswerAsync(HttpMethod.Delete, $"/memory/{kind}/none")).Body.Replace("none", "ID", StringComparison.Ordinal));
            }

            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
            {
                // Of one's own tenant it is not allowed, and in another one there is no such user.
                (await AnswerAsync(method, "/memory?user=acme/alice")).Status.ShouldBeOneOf(HttpStatusCode.Forbidden, HttpStatusCode.BadRequest);
            }

            (await Should.ThrowAsync<RpcException>(async () => await grpc.ForgetFactAsync(new ForgetOneRequest { Id = "fact_alice_berlin" }, Headers(stranger), cancellationToken: Cancelled)))
                .StatusCode.ShouldBe(StatusCode.NotFound);
            (await Should.ThrowAsync<RpcException>(async () => await grpc.ListFactsAsync(new ListMemoriesRequest { UserId = "acme/alice" }, Headers(stranger), cancellationToken: Cancelled)))
                .StatusCode.ShouldBeOneOf(StatusCode.PermissionDenied, StatusCode.InvalidArgument);

            async Task<(HttpStatusCode Status, string Body)> AnswerAsync(HttpMethod method, string path)
            {
                using var response = await system.Orchestrator.SendAsync(method, path, stranger, null, Cancelled);
                var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
                return (response.StatusCode, body.GetProperty("detail").GetString()!);
            }
        }

        (await ListAsync(system, await system.KeyAsync("alice", "acme"), "episodes", 10)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AnAdmin_OrWhoMayActForOthers_ReachesTheMemoryOfOthers_WithinTheirTenant_AndIsAudited()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        await RememberAsync(system, "acme/alice", "alice", episodes: 1);
        await RememberAsync(system, "other/alice", "another", episodes: 1);
        var admin = await system.KeyAsync("root", "acme", [Scopes.MemoryRead, UserScopes.Admin]);
        var clerk = await system.KeyAsync("clerk", "acme", [Scopes.MemoryRead, Scopes.MemoryForget, UserScopes.Delegate]);
        var tenant = await system.KeyAsync(null, "acme", [Scopes.MemoryRead, UserScopes.Delegate]);

        foreach (var key in new[] { admin, clerk, tenant })
        {
            (await JsonAsync(system, HttpMethod.Get, "/memory?user=alice", key)).GetProperty("userId").GetString().ShouldBe("acme/alice");
            using var outside = await system.Orchestrator.SendAsync(HttpMethod.Get, "/memory?user=other/alice", key, null, Cancelled);
            outside.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        using (var nobody = await system.Orchestrator.SendAsync(HttpMethod.Get, "/memory", tenant, null, Cancelled)) nobody.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (var forgetting = await system.Orchestrator.SendAsync(HttpMethod.Delete, "/memory?user=alice", admin, null, Cancelled)) forgetting.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        Receipt(await JsonAsync(system, HttpMethod.Delete, "/memory?user=alice", clerk)).ShouldBe((1, 2, 1));
        (await system.EntriesAsync("action=access_delegated&user=acme/alice", found => found.Count >= 4, Cancelled)).Count.ShouldBe(4);
        (await system.EntriesAsync("action=memory_forgotten", found => found.Count >= 1, Cancelled)).ShouldHaveSingleItem().GetProperty("userId").GetString().ShouldBe("acme/alice");
    }

    [Fact]
    public async Task WithoutTheAuditLog_NothingIsForgotten()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("AuditClient:Timeout", "00:00:01"));
        var alice = await system.KeyAsync("alice");
        await RememberAsync(system, "alice", "alice", episodes: 1);
        await system.Audit.DisposeAsync();

        using var response = await system.Orchestrator.SendAsync(HttpMethod.Delete, "/memory", alice, null, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldContain("urn:loomflow:audit_away");
        (await ListAsync(system, alice, "episodes", 10)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task NamedMemories_AreReachedByName_AndOneThatIsNotHereSaysSo()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("Memories:research:UseSearchModule", "false"));
        var alice = await system.KeyAsync("alice");
        await system.Orchestrator.Services.GetRequiredKeyedService<IMemory>("research").SetBlockAsync(PartitionKey.Named("alice"), "topic", "looms", Cancelled);

        (await JsonAsync(system, HttpMethod.Get, "/memory/blocks?memory=research", alice)).EnumerateArray().Single().GetProperty("name").GetString().ShouldBe("topic");
        (await JsonAsync(system, HttpMethod.Get, "/memory/blocks", alice)).EnumerateArray().ShouldBeEmpty();
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, "/memory?memory=elsewhere", alice, null, Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldContain("Memories:elsewhere");
    }

    internal static async Task RememberAsync(SecuredSystem system, string userId, string mark, int episodes)
    {
        var memory = system.Orchestrator.Services.GetRequiredService<IMemory>();
        var user = PartitionKey.Named(userId);
        var at = DateTimeOffset.UtcNow - TimeSpan.FromHours(1);
        foreach (var number in Enumerable.Range(0, episodes))
        {
            // Two of each moment.
            await memory.RememberAsync(
                user,
                new Episode { Id = $"ep_{mark}_{number}", SessionId = $"{mark}-{number % 3}", OccurredAt = at.AddSeconds(number / 2), Input = $"parcel number {number} of {mark}", Output = "Noted." },
                Cancelled);
        }

        await memory.LearnAsync(
            user,
            new Fact { Id = $"fact_{mark}_berlin", Subject = mark, Predicate = "lives_in", Object = "Berlin", ValidFrom = at, RecordedAt = at, Sources = [$"ep_{mark}_0"] },
            Cancelled);
        await memory.LearnAsync(
            user,
            new Fact { Id = $"fact_{mark}_lisbon", Subject = mark, Predicate = "lives_in", Object = "Lisbon", ValidFrom = at.AddMinutes(1), RecordedAt = at.AddMinutes(1) },
            Cancelled);
        await memory.SetBlockAsync(user, "plan", $"the plan of {mark}", Cancelled);
    }

    private static async Task<IReadOnlyList<string>> ListAsync(SecuredSystem system, string key, string kind, int pageSize, string query = "")
    {
        var ids = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await JsonAsync(system, HttpMethod.Get, $"/memory/{kind}?pageSize={pageSize}&query={Uri.EscapeDataString(query)}&cursor={Uri.EscapeDataString(cursor)}", key);
            page.GetProperty(kind).GetArrayLength().ShouldBeLessThanOrEqualTo(pageSize);
            ids.AddRange(page.GetProperty(kind).EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        return ids;
    }

    private static async Task<JsonElement> JsonAsync(SecuredSystem system, HttpMethod method, string path, string key)
    {
        using var response = await system.Orchestrator.SendAsync(method, path, key, null, Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Cancelled));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }

    private static (int Episodes, int Facts, int Blocks) Receipt(JsonElement receipt) =>
        (receipt.GetProperty("episodes").GetInt32(), receipt.GetProperty("facts").GetInt32(), receipt.GetProperty("blocks").GetInt32());

    private static Metadata Headers(string key) => new() { { "authorization", $"Bearer {key}" } };
}
