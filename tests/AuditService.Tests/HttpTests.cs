using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Loomflow.Audit;
using Loomflow.Testing;
using Loomflow.V1;

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

        var proof = JsonNode.Parse(await server.Http.GetStringAsync($"/v1/proofs/inclusion?sequence={receipts[4].Sequence}&size={AuditServer.OwnRecords + 30}", Cancel))!;
        MerkleTree.VerifyInclusion(
            receipts[4].LeafHash, receipts[4].Sequence, AuditServer.OwnRecords + 30, [.. proof["hashes"]!.AsArray().Select(hash => Digest.Parse(hash!.GetValue<string>()))],
            Digest.Parse(proof["root"]!.GetValue<string>())).ShouldBeTrue();

        JsonNode.Parse(await server.Http.GetStringAsync("/v1/completeness", Cancel))!["isComplete"]!.GetValue<bool>().ShouldBeTrue();
        var lines = (await server.Http.GetStringAsync("/v1/verify", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonNode.Parse(lines[^1])!["result"]!["isIntact"]!.GetValue<bool>().ShouldBeTrue();
        (await (await server.Http.PostAsync("/verify", null, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldStartWith($"INTACT: {AuditServer.OwnRecords + 30} records");
        JsonNode.Parse(await server.Http.GetStringAsync("/v1/status", Cancel))!["lastVerifiedSequence"]!.GetValue<long>().ShouldBe(AuditServer.OwnRecords + 29);
        (await server.Http.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Start_WithOtherSettingsOrKeys_RecordsThem()
    {
        await using (await AuditServer.StartAsync(_directory, cancellationToken: Cancel)) { }
        await using (await AuditServer.StartAsync(_directory, cancellationToken: Cancel)) { }
        (await RecordedAsync()).ShouldBe([AuditAction.Configuration, AuditAction.KeyEvent]);

        var settings = new Dictionary<string, string?> { ["Audit:PayloadRetention"] = "30.00:00:00", ["Audit:Keys:k2"] = "c2Vjb25kIGtleSBvZiB0aGUgYXVkaXQgbG9nLCBsb25nIGVub3VnaA==" };
        await using (await AuditServer.StartAsync(_directory, settings: settings, cancellationToken: Cancel)) { }
        (await RecordedAsync()).ShouldBe([AuditAction.Configuration, AuditAction.KeyEvent, AuditAction.Configuration, AuditAction.KeyEvent]);

        async Task<List<string>> RecordedAsync()
        {
            await using var log = Samples.Open(_directory, keys: new AuditKeyRing(AuditKey.FromText("k1", AuditServer.Secret)));
            var records = new Storage.LogReader(log).ReadActions([AuditAction.Configuration, AuditAction.KeyEvent]).ToList();
            foreach (var record in records) Encoding.UTF8.GetString(record.Entry.Payload.Span).ShouldNotContain(AuditServer.Secret);
            return [.. records.Select(record => record.Entry.Action)];
        }
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
            response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'");
        }

        var home = await server.Http.GetStringAsync("/", Cancel);
        home.ShouldContain("&lt;script&gt;");
        home.ShouldContain($"<b>{AuditServer.OwnRecords + 1} records</b>");
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
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(TimeSpan.FromMinutes(1));
            while (!File.Exists(anchor) || (await File.ReadAllTextAsync(anchor, patience.Token)).Split($"\n{AuditServer.OwnRecords + 1}\n").Length < 4) await Task.Delay(20, patience.Token);
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

    [Fact]
    public async Task WithoutTheAuditorsKey_NothingIsShown()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        using var stranger = new HttpClient { BaseAddress = server.Http.BaseAddress };
        using var browser = new HttpClient { BaseAddress = server.Http.BaseAddress };
        browser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{Credentials.AuditorKey}")));
        using var guesser = new HttpClient { BaseAddress = server.Http.BaseAddress };
        guesser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("alice:guess"u8));

        foreach (var path in new[] { "/", "/verify", "/v1/entries", "/v1/export", "/v1/status", "/v1/checkpoint", "/runs/run-1" })
        {
            var refused = await stranger.GetAsync(path, Cancel);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            refused.Headers.WwwAuthenticate.ShouldContain(challenge => challenge.Scheme == "Basic");
            (await guesser.GetAsync(path, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            (await browser.GetAsync(path, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        (await stranger.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("audit.read")]
    [InlineData("audit.append")]
    public async Task Grpc_AServiceWithOneScope_MayDoOnlyThat(string scope)
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        using var channel = Credentials.CreateChannel(server.GrpcAddress, scope);

        var reading = async () => await new AuditReader.AuditReaderClient(channel).GetStatusAsync(new GetStatusRequest(), cancellationToken: Cancel);
        var appending = async () =>
        {
            using var call = new AuditAppender.AuditAppenderClient(channel).Append(cancellationToken: Cancel);
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext(Cancel);
        };
        var administering = async () => await new AuditAdministration.AuditAdministrationClient(channel).RotateKeyAsync(new RotateKeyRequest { NewKeyId = "k2" }, cancellationToken: Cancel);

        if (scope == "audit.read") await reading();
        else await appending();
        (await Should.ThrowAsync<RpcException>(scope == "audit.read" ? appending : async () => await reading())).StatusCode.ShouldBe(StatusCode.PermissionDenied);
        (await Should.ThrowAsync<RpcException>(async () => await administering())).StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Administration_ByAServiceWithTheScope_RotatesAndErases()
    {
        var settings = new Dictionary<string, string?> { ["Audit:Keys:k2"] = "another key that nobody else knows: 4b1d" };
        await using var server = await AuditServer.StartAsync(_directory, settings: settings, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        await client.AppendAsync([.. Enumerable.Range(1, 10).Select(i => Samples.Entry(i))], Cancel);

        (await server.Administration.RotateKeyAsync(new RotateKeyRequest { NewKeyId = "k2" }, cancellationToken: Cancel)).OldKeyId.ShouldBe("k1");
        var erased = await server.Administration.ErasePayloadsAsync(new ErasePayloadsRequest { Partition = "u:alice", Reason = "asked" }, cancellationToken: Cancel);

        erased.Erased.ShouldBe(10);
        (await server.Reader.QueryAsync(new QueryRequest { Action = AuditAction.PayloadErased }, cancellationToken: Cancel)).Records.Single()
            .ShouldSatisfyAllConditions(r => r.Sequence.ShouldBe(erased.Sequence), r => r.KeyId.ShouldBe("k2"), r => r.Entry.Subject.ShouldBe("tests"));
        (await server.Http.GetStringAsync("/verify", Cancel)).ShouldContain("10 payloads are erased");
        (await Should.ThrowAsync<RpcException>(async () => await server.Administration.ErasePayloadsAsync(new ErasePayloadsRequest(), cancellationToken: Cancel))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }
}
