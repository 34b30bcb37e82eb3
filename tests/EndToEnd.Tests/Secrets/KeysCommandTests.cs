using System.Net;
using System.Net.Http.Headers;

namespace Loomflow.Aspire.EndToEnd.Tests.Secrets;

/// <summary>The orchestrator's command <c>keys</c> as an operator runs it: a process of its own beside a system that is running.</summary>
public sealed class KeysCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AKey_IsMadeListedUsedAndRevoked_AndTheAuditLogSaysSo()
    {
        await using var system = await Topology.StartAsync(new TopologyOptions { Workers = 0, Settings = new Dictionary<string, string> { ["ApiKeys__CacheFor"] = "00:00:00.2" } }, Cancelled);
        var orchestrator = system.Orchestrators[0];
        (await orchestrator.CommandAsync(["keys", "list"], Cancelled)).ShouldBe((0, "", $"There are no keys: make one with 'keys create'.{Environment.NewLine}"));

        var (made, output, messages) = await orchestrator.CommandAsync(["keys", "create", "--tenant", "acme", "--user", "carol", "--scopes", "runs.read", "--days", "30", "--name", "laptop"], Cancelled);

        made.ShouldBe(0, messages);
        var key = output.TrimEnd();
        key.ShouldStartWith("loomkey_");
        key.ShouldNotContain('\n');
        messages.ShouldContain("acme/carol  runs.read  until");
        messages.ShouldContain("(laptop)");
        var id = messages.Split(' ')[0];
        (await StatusAsync(orchestrator, key, "/runs")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(orchestrator, key, "/runs/run_1/cancel", HttpMethod.Post)).ShouldBe(HttpStatusCode.Forbidden);
        var listed = await orchestrator.CommandAsync(["keys", "list"], Cancelled);
        listed.Output.ShouldContain(id);
        $"{listed.Output}{listed.Messages}{messages}".ShouldNotContain(key.Split('_')[2], Case.Sensitive, "the secret is shown once");

        var revoked = await orchestrator.CommandAsync(["keys", "revoke", id], Cancelled);

        revoked.ExitCode.ShouldBe(0, revoked.Messages);
        revoked.Output.ShouldContain("revoked");
        await system.UntilAsync(async () => await StatusAsync(orchestrator, key, "/runs") == HttpStatusCode.Unauthorized, () => "the key is refused", Cancelled);
        var entries = (await system.AuditAsync("/v1/entries?action=key_event", Cancelled)).GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("subject").GetString()).ToList();
        entries.ShouldContain($"API key {id} created");
        entries.ShouldContain($"API key {id} revoked");
    }

    [Fact]
    public async Task WhatCannotBeDone_IsSaidWithTheWayOut_AndDoesNotHappen()
    {
        await using var system = await Topology.StartAsync(new TopologyOptions { Workers = 0 }, Cancelled);
        var orchestrator = system.Orchestrators[0];

        foreach (var misuse in (string[][])[["keys"], ["keys", "make"], ["keys", "create"], ["keys", "create", "--user", "a/b"], ["keys", "create", "--user", "x", "--scopes", "everything"], ["keys", "create", "--user", "x", "--days", "100000"], ["keys", "list", "--all"]])
        {
            var (exit, output, messages) = await orchestrator.CommandAsync(misuse, Cancelled);
            (exit, output).ShouldBe((2, ""), string.Join(' ', misuse));
            messages.ShouldContain("Usage: keys create");
        }

        (await orchestrator.CommandAsync(["keys", "revoke", "nobodys"], Cancelled)).ShouldBe((1, "", $"There is no key 'nobodys'.{Environment.NewLine}"));
        var nowhere = await orchestrator.CommandAsync(["keys", "create", "--user", "x"], Cancelled, ("ConnectionStrings__redis", null));
        (nowhere.ExitCode, nowhere.Output).ShouldBe((1, ""));
        nowhere.Messages.ShouldContain("redis");

        // What cannot be audited is not done.
        await system.Audit.KillAsync();
        var unaudited = await orchestrator.CommandAsync(["keys", "create", "--user", "x"], Cancelled);
        (unaudited.ExitCode, unaudited.Output).ShouldBe((1, ""));
        (await orchestrator.CommandAsync(["keys", "list"], Cancelled)).Output.ShouldBeEmpty();
        (await orchestrator.CommandAsync(["keys", "create", "--user", "x", "--without-audit"], Cancelled)).Output.ShouldStartWith("loomkey_");
    }

    private static async Task<HttpStatusCode> StatusAsync(ServiceProcess orchestrator, string key, string path, HttpMethod? method = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, orchestrator.Http + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request, Cancelled);
        return response.StatusCode;
    }
}
