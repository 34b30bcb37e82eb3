using Grpc.Core;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Testing;

namespace Loomflow.Aspire.Security.Tests.Doors;

/// <summary>
/// Every REST route and gRPC method of every service, as the running services list them, against everything that is no reason to let
/// somebody in. A new door is in the table by itself.
/// </summary>
public sealed class DoorTests
{
    private const string OpenToAuditors = "audit.http";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryDoor_IsShutForWhoeverHasNoReason_AndSaysSoInTheAuditLog()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var doors = system.Services.SelectMany(Door.Of).ToArray();
        doors.Length.ShouldBeGreaterThan(40);
        doors.Where(door => door.IsOpen).Select(door => door.Route).Distinct().ShouldBe(["/health", "/alive"], ignoreOrder: true);
        var guarded = doors.Where(door => !door.IsOpen).ToArray();
        var past = new ManualTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(1));
        var expiredKey = await system.KeyAsync("alice", time: past);
        var expected = new List<(string Door, string Reason)>();

        foreach (var door in guarded)
        {
            var (own, foreign) = (door.Service.Name, door.Service.Name == "audit" ? "orchestrator" : "audit");
            var scope = door.Policy == OpenToAuditors ? Scopes.AuditRead : door.Policy;
            Scopes.All.ShouldContain(scope, $"{door} names a scope");

            (await door.KnockAsync(null, "run_1", Cancelled)).Status.ShouldBe(401, $"{door} without a credential");
            (await door.KnockAsync("nonsense", "run_1", Cancelled)).Status.ShouldBe(401, $"{door} with nonsense");

            (await door.KnockAsync(SecuredSystem.Token(own, [scope], past), "run_1", Cancelled)).Status.ShouldBe(401, $"{door} with an expired token");
            (await door.KnockAsync(SecuredSystem.Token(foreign, [scope]), "run_1", Cancelled)).Status.ShouldBe(401, $"{door} with a token for {foreign}");
            (await door.KnockAsync(SecuredSystem.Token(own, [.. Scopes.All.Where(other => other != scope)]), "run_1", Cancelled)).Status.ShouldBe(403, $"{door} with every scope but its own");
            expected.Add((door.AskedFor, "the credential lacks the scope"));

            // Users' keys open doors of the orchestrator, and no door between services.
            (await door.KnockAsync(expiredKey, "run_1", Cancelled)).Status.ShouldBe(401, $"{door} with an expired key");
            if (own != "orchestrator") continue;
            expected.Add((door.AskedFor, "the API key has expired"));
            var poor = await system.KeyAsync("alice", scopes: [.. UserScopes.All.Where(other => other != scope)]);
            (await door.KnockAsync(poor, "run_1", Cancelled)).Status.ShouldBe(403, $"{door} with a key of every scope but its own");
        }

        var entries = await system.EntriesAsync("action=access_denied", found => expected.TrueForAll(one => found.Any(entry => IsAbout(entry, one))), Cancelled);
        expected.Where(one => !entries.Any(entry => IsAbout(entry, one))).ShouldBeEmpty();
    }

    [Fact]
    public async Task ARunOfSomebodyElse_LooksAtEveryDoorLikeOneThatDoesNotExist()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice", "acme", UserScopes.Ordinary);
        var strangers = new[]
        {
            await system.KeyAsync("bob", "acme"),
            await system.KeyAsync("alice", "other"),
            await system.KeyAsync("alice"),
            await system.KeyAsync("root", "other", [.. UserScopes.Ordinary, UserScopes.Admin, UserScopes.Delegate]),
        };
        var runId = await system.StartRunAsync(alice, "ask", "the plan", Cancelled);
        var noRun = $"{runId[..^4]}0000";
        var doors = Door.Of(system.Orchestrator).Where(door => door.NamesARun).ToArray();
        doors.Count(door => door.IsGrpc).ShouldBeGreaterThanOrEqualTo(5);
        doors.Count(door => !door.IsGrpc).ShouldBeGreaterThanOrEqualTo(10);

        foreach (var door in doors)
        {
            foreach (var stranger in strangers)
            {
                var answer = await door.KnockAsync(stranger, runId, Cancelled);

                if (door.IsGrpc) answer.Grpc.ShouldBe(StatusCode.NotFound, $"{door}: {answer.Body}");
                else answer.Status.ShouldBe(404, $"{door}: {answer.Body}");
                answer.About(runId).ShouldBe((await door.KnockAsync(stranger, noRun, Cancelled)).About(noRun), $"{door}");
            }
        }

        var entries = await system.EntriesAsync("action=access_denied", found => doors.All(door => found.Any(entry => IsAbout(entry, (door.AskedFor, runId)))), Cancelled);
        doors.Where(door => !entries.Any(entry => IsAbout(entry, (door.AskedFor, runId)))).ShouldBeEmpty();
    }

    private static bool IsAbout(System.Text.Json.JsonElement entry, (string Door, string What) one) =>
        entry.GetProperty("subject").GetString() == one.Door && entry.GetRawText().Contains(one.What, StringComparison.Ordinal);
}
