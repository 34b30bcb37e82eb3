using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;

namespace Loomflow.Aspire.Security.Tests.Tenants;

/// <summary>What the audit log says of a run, to the run's user.</summary>
public sealed class RunAuditTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AUser_ReadsWhatIsRecordedOfTheirRunAndThoseBelowIt_AndOfNoOther()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        var other = await system.StartRunAsync(alice, "echo", "another run", Cancelled, wait: 20);
        var run = await system.StartRunAsync(alice, "ask", "the plan", Cancelled);
        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var grpc = new Runs.RunsClient(channel);
        var child = await grpc.StartAsync(
            new StartRunRequest
            {
                Workflow = "echo",
                Input = ByteString.CopyFromUtf8("\"below\""),
                Parent = new RunReference { RunId = run, RootRunId = run, Partition = PartitionKey.Named("alice").Encode() },
                WaitMilliseconds = 20_000,
            },
            new Metadata { { "authorization", $"Bearer {SecuredSystem.Token("orchestrator", [Scopes.RunsStart])}" }, { Delegation.Header.ToLowerInvariant(), "alice" } },
            cancellationToken: Cancelled);
        var childId = child.Run.RunId;

        var records = await RecordsAsync(system, alice, run, found => Has(found, "approval_requested") && found.Any(record => Of(record, "runId") == childId && Of(record, "action") == "run_completed"));

        records.Select(record => Of(record, "runId")).Distinct().ShouldBe([run, childId], ignoreOrder: true);
        records.Select(record => record.GetProperty("sequence").GetInt64()).ShouldBeInOrder();
        (await RecordsAsync(system, alice, childId, found => Has(found, "run_completed"))).ShouldAllBe(record => Of(record, "runId") == childId);
        (await RecordsAsync(system, alice, other, found => Has(found, "run_completed"))).ShouldAllBe(record => Of(record, "runId") == other);

        // Page by page it is the same, and over gRPC.
        var paged = new List<long>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await PageAsync(system, alice, $"/runs/{run}/audit?pageSize=2&cursor={cursor}");
            page.GetProperty("records").GetArrayLength().ShouldBeLessThanOrEqualTo(2);
            paged.AddRange(page.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("sequence").GetInt64()));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        paged.ShouldBe(records.Select(record => record.GetProperty("sequence").GetInt64()));
        var reply = await grpc.GetAuditAsync(new RunAuditRequest { RunId = run }, new Metadata { { "authorization", $"Bearer {alice}" } }, cancellationToken: Cancelled);
        reply.Records.Select(record => record.Sequence).ShouldBe(paged);
        reply.Records.ShouldAllBe(record => record.Entry.Partition == PartitionKey.Named("alice").Encode());
    }

    [Fact]
    public async Task WhatCannotBeAsked_IsRefused_AndALogThatIsAwayIsToldFromOneThatIsEmpty()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled);
        var alice = await system.KeyAsync("alice");
        var run = await system.StartRunAsync(alice, "echo", "x", Cancelled, wait: 20);

        (await StatusAsync($"/runs/{run}/audit?pageSize=0")).ShouldBe(400);
        (await StatusAsync($"/runs/{run}/audit?pageSize=201")).ShouldBe(400);
        (await StatusAsync($"/runs/{run}/audit?cursor=-1")).ShouldBe(400);
        (await StatusAsync($"/runs/{run}/audit?cursor=next")).ShouldBe(400);
        (await StatusAsync("/runs/run_none/audit")).ShouldBe(404);

        await system.Audit.DisposeAsync();
        using var away = await system.Orchestrator.SendAsync(HttpMethod.Get, $"/runs/{run}/audit", alice, null, Cancelled);
        ((int)away.StatusCode).ShouldBe(503);
        away.Headers.RetryAfter.ShouldNotBeNull();
        (await away.Content.ReadAsStringAsync(Cancelled)).ShouldContain("audit_away");

        async Task<int> StatusAsync(string path)
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, alice, null, Cancelled);
            return (int)response.StatusCode;
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> RecordsAsync(SecuredSystem system, string key, string run, Func<IReadOnlyList<JsonElement>, bool> areThere)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var records = (await PageAsync(system, key, $"/runs/{run}/audit")).GetProperty("records").EnumerateArray().ToArray();
            if (areThere(records) || limit.IsCancellationRequested) return records;
            await pause.WaitForNextTickAsync(Cancelled);
        }
    }

    private static async Task<JsonElement> PageAsync(SecuredSystem system, string key, string path)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, key, null, Cancelled);
        ((int)response.StatusCode).ShouldBe(200, await response.Content.ReadAsStringAsync(Cancelled));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }

    private static bool Has(IEnumerable<JsonElement> records, string action) => records.Any(record => Of(record, "action") == action);

    private static string? Of(JsonElement record, string property) => record.GetProperty(property).GetString();
}
