using System.Net;
using System.Text.Json.Nodes;
using Loomflow.Audit;
using Loomflow.Testing;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class HttpTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryEndpoint_OnALogWithARun_Answers()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        var receipts = await client.AppendAsync([.. Enumerable.Range(1, 30).Select(i => Samples.Entry(i))], Cancel);

        var page = JsonNode.Parse(await server.Http.GetStringAsync("/v1/entries?user=alice&action=step_started&pageSize=10", Cancel))!;
        page["entries"]!.AsArray().Count.ShouldBe(10);
        page["entries"]![0]!["userId"]!.GetValue<string>().ShouldBe("alice");
        page["entries"]![0]!["payload"]!["number"]!.GetValue<int>().ShouldBe(1);
        var next = JsonNode.Parse(await server.Http.GetStringAsync($"/v1/entries?user=alice&action=step_started&pageToken={page["nextPageToken"]}", Cancel))!;
        next["entries"]!.AsArray().Count.ShouldBe(5);

        (await server.Http.GetStringAsync("/v1/runs/run-1/trail", Cancel)).ShouldStartWith("  step_started node=classify user_id=alice\n");
        (await server.Http.GetAsync("/v1/runs/none/trail", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Http.GetAsync("/v1/entries?pageSize=0", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await server.Http.GetAsync("/v1/proofs/inclusion?sequence=99999", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        var proof = JsonNode.Parse(await server.Http.GetStringAsync($"/v1/proofs/inclusion?sequence={receipts[4].Sequence}&size=32", Cancel))!;
        MerkleTree.VerifyInclusion(
            receipts[4].LeafHash, receipts[4].Sequence, 32, [.. proof["hashes"]!.AsArray().Select(hash => Digest.Parse(hash!.GetValue<string>()))],
            Digest.Parse(proof["root"]!.GetValue<string>())).ShouldBeTrue();

        var lines = (await server.Http.GetStringAsync("/v1/verify", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonNode.Parse(lines[^1])!["result"]!["isIntact"]!.GetValue<bool>().ShouldBeTrue();
        (await (await server.Http.PostAsync("/verify", null, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldStartWith("INTACT: 32 records");
        JsonNode.Parse(await server.Http.GetStringAsync("/v1/status", Cancel))!["lastVerifiedSequence"]!.GetValue<long>().ShouldBe(31);
        (await server.Http.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Page_WithHostileEntries_ShowsThemAsText()
    {
        const string hostile = "<script>alert(1)</script>";
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        await client.AppendAsync(Samples.Entry(1, run: hostile, user: hostile, payload: $$"""{"x":"{{hostile}}"}""") with { Node = hostile, Subject = hostile, Action = AuditAction.WorkflowStarted }, Cancel);

        foreach (var path in new[] { "/", $"/?user={Uri.EscapeDataString(hostile)}", $"/?run={Uri.EscapeDataString("\"><b>")}", $"/runs/{Uri.EscapeDataString(hostile)}" })
        {
            var response = await server.Http.GetAsync(path, Cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
            var html = await response.Content.ReadAsStringAsync(Cancel);
            html.ShouldNotContain("<script");
            html.ShouldNotContain("\"><b>");
        }

        var home = await server.Http.GetStringAsync("/", Cancel);
        home.ShouldContain("&lt;script&gt;");
        home.ShouldContain("<b>3</b>records");
    }

    [Fact]
    public async Task Health_ALogDamagedOnDisk_IsUnhealthyAndWritesNothingMore()
    {
        await using (var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync([.. Enumerable.Range(1, 30).Select(i => Samples.Entry(i))], Cancel);
            var path = Directory.EnumerateFiles(Path.Combine(_directory, "segments"), "*.log").Single();
            await using (var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                file.Position = 3_000;
                var changed = (byte)(file.ReadByte() ^ 1);
                file.Position = 3_000;
                file.WriteByte(changed);
            }

            (await server.Http.PostAsync("/verify", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await server.Http.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await Should.ThrowAsync<AuditUnavailableException>(async () => await client.AppendAsync(Samples.Entry(31), Cancel))).Message.ShouldContain("Altered at entry");
            (await server.Http.GetStringAsync("/", Cancel)).ShouldContain("Altered at entry");
        }
    }

    [Fact]
    public async Task Checkpoints_WhenIdleAndElsewhere_ShowThatTheLogWentBackToAnOlderState()
    {
        var log = Path.Combine(_directory, "log");
        var older = Path.Combine(_directory, "older");
        var anchor = Path.Combine(_directory, "elsewhere", "anchor");
        var settings = new Dictionary<string, string?> { ["Audit:AnchorFile"] = anchor, ["Audit:IdleCheckpointInterval"] = "00:00:00.050" };
        await using (var server = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync(Samples.Entry(1), Cancel);
            while (!File.Exists(anchor) || (await File.ReadAllTextAsync(anchor, Cancel)).Split("\n3\n").Length < 4) await Task.Delay(20, Cancel);
        }

        SampleLog.Copy(log, older);
        await using (var server = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync(Samples.Entry(2), Cancel);
        }

        Directory.Delete(log, recursive: true);
        SampleLog.Copy(older, log);
        await using var rolledBack = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel);

        var health = await rolledBack.Http.GetAsync("/v1/status", Cancel);
        var status = JsonNode.Parse(await health.Content.ReadAsStringAsync(Cancel))!;
        status["damage"]!["kind"]!.GetValue<string>().ShouldBe("Truncated");
        (await rolledBack.Http.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Checkpoints_InRedis_ShowTheSame()
    {
        await using var redis = await RedisServer.StartAsync();
        var log = Path.Combine(_directory, "log");
        var older = Path.Combine(_directory, "older");
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:redis"] = redis.ConnectionString };
        await using (var server = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync(Samples.Entry(1), Cancel);
        }

        SampleLog.Copy(log, older);
        await using (var server = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync(Samples.Entry(2), Cancel);
        }

        Directory.Delete(log, recursive: true);
        SampleLog.Copy(older, log);
        await using var rolledBack = await AuditServer.StartAsync(log, settings: settings, cancellationToken: Cancel);

        JsonNode.Parse(await rolledBack.Http.GetStringAsync("/v1/status", Cancel))!["damage"]!["detail"]!.GetValue<string>().ShouldContain("Redis");
    }
}
