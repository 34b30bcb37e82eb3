using Grpc.Core;
using Loomflow.Audit;
using Loomflow.Audit.Client;
using Loomflow.Testing;
using Loomflow.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class GrpcTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Append_ThroughTheClient_IsDurableQueriedAndVerified()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();

        var first = await client.AppendAsync(Samples.Entry(1), Cancel);
        var batch = await client.AppendAsync([.. Enumerable.Range(2, 999).Select(i => Samples.Entry(i))], Cancel);
        var again = await client.AppendAsync(Samples.Entry(500), Cancel);

        batch.Select(receipt => receipt.Sequence).ShouldBe(Enumerable.Range(2, 999).Select(i => first.Sequence + i - 1));
        again.ShouldBe(batch[498] with { IsDuplicate = true });

        var page = await server.Reader.QueryAsync(new QueryRequest { RunId = "run-1", PageSize = 1_000 }, cancellationToken: Cancel);
        page.Records.Select(record => record.Entry.EventId).ShouldBe(Enumerable.Range(1, 1_000).Select(i => $"run-1/{i}"));
        page.Records[0].Entry.Partition.ShouldBe("u:alice");

        var replies = await server.Reader.Verify(new VerifyRequest(), cancellationToken: Cancel).ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
        replies[^1].Result.ShouldSatisfyAllConditions(r => r.Intact.ShouldBeTrue(), r => r.Entries.ShouldBe(AuditServer.OwnRecords + 1_000), r => r.MacsChecked.ShouldBeTrue());
    }

    [Fact]
    public async Task Append_AConflictAndARejection_FailAloneAndTheStreamGoesOn()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        await client.AppendAsync(Samples.Entry(1), Cancel);

        (await Should.ThrowAsync<AuditConflictException>(async () => await client.AppendAsync(Samples.Entry(1, user: "mallory"), Cancel))).Sequence.ShouldBe(AuditServer.OwnRecords);
        (await Should.ThrowAsync<ArgumentException>(async () => await client.AppendAsync(Samples.Entry(2) with { Action = "" }, Cancel))).Message.ShouldContain("Action");
        (await Should.ThrowAsync<ArgumentException>(async () => await client.AppendAsync(Samples.Entry(2) with { Action = AuditAction.PayloadErased }, Cancel))).Message.ShouldContain("the log's own");
        (await client.AppendAsync(Samples.Entry(3), Cancel)).Sequence.ShouldBe(AuditServer.OwnRecords + 1);
    }

    [Fact]
    public async Task Append_OfAPayloadThatIsTooLarge_IsRejectedAndOthersAreNot()
    {
        await using var server = await AuditServer.StartAsync(_directory, settings: new() { ["Audit:MaxPayloadBytes"] = "1000" }, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        var empty = Samples.Entry(1, payload: "\"\"").Payload.Length;

        (await client.AppendAsync(Samples.Entry(1, payload: $"\"{new string('x', 1_000 - empty)}\""), Cancel)).IsDuplicate.ShouldBeFalse();
        (await Should.ThrowAsync<ArgumentException>(async () => await client.AppendAsync(Samples.Entry(2, payload: $"\"{new string('x', 1_001 - empty)}\""), Cancel)))
            .Message.ShouldContain("the payload has 1001 bytes, at most 1000 are taken (MaxPayloadBytes)");
        (await client.AppendAsync(Samples.Entry(3), Cancel)).IsDuplicate.ShouldBeFalse();
    }

    [Fact]
    public async Task Append_BeyondWhatMayBeUnacknowledged_WaitsAndThenFails()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await server.StopAsync();

        // By this clock, which stands still, those that were sent wait for as long as they like.
        await using var client = new GrpcAuditLog(
            server.Appender, Options.Create(new AuditClientOptions { MaxUnacknowledged = 3, Timeout = TimeSpan.FromSeconds(1) }), NullLogger<GrpcAuditLog>.Instance, new ManualTimeProvider());
        var waiting = Enumerable.Range(1, 3).Select(number => client.AppendAsync(Samples.Entry(number), Cancel).AsTask()).ToArray();

        var refused = await Should.ThrowAsync<AuditUnavailableException>(async () => await client.AppendAsync(Samples.Entry(4), Cancel));

        refused.Message.ShouldBe("3 audit entries wait for the audit service, which is AuditClient:MaxUnacknowledged, and none was acknowledged for 1 s.");
        waiting.ShouldAllBe(append => !append.IsCompleted);
        await client.DisposeAsync();
        foreach (var append in waiting) await Should.ThrowAsync<AuditUnavailableException>(append);
    }

    [Fact]
    public async Task Append_WhileTheServiceIsDown_WaitsAndNothingIsLostOrDoubled()
    {
        var port = FreePort.Next();
        var server = await AuditServer.StartAsync(_directory, port, cancellationToken: Cancel);
        await using var client = server.CreateClient(options => options.ReconnectDelay = TimeSpan.FromMilliseconds(20));
        await client.AppendAsync(Samples.Entry(1), Cancel);
        await server.StopAsync();

        var waiting = Enumerable.Range(2, 50).Select(i => client.AppendAsync(Samples.Entry(i), Cancel).AsTask()).ToList();
        waiting.ShouldAllBe(append => !append.IsCompleted);

        await using var again = await AuditServer.StartAsync(_directory, port, cancellationToken: Cancel);
        var receipts = await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        receipts.Select(receipt => receipt.Sequence).ShouldBe(Enumerable.Range(0, 50).Select(i => receipts[0].Sequence + i));
        (await again.Reader.QueryAsync(new QueryRequest { RunId = "run-1", PageSize = 1_000 }, cancellationToken: Cancel)).Records.Count.ShouldBe(51);
    }

    [Fact]
    public async Task Append_NoServiceWithinTheTimeout_SaysSo()
    {
        var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient(options => options.Timeout = TimeSpan.FromMilliseconds(300));
        await server.StopAsync();

        (await Should.ThrowAsync<AuditUnavailableException>(async () => await client.AppendAsync(Samples.Entry(1), Cancel))).Message.ShouldContain("in time");
    }

    [Fact]
    public async Task Append_WithoutTheRightToAppend_SaysSoAndTheClientStaysUsable()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        using var channel = Credentials.CreateChannel(server.GrpcAddress, "audit.read");
        await using var client = new GrpcAuditLog(
            new AuditAppender.AuditAppenderClient(channel), Options.Create(new AuditClientOptions { Timeout = TimeSpan.FromMilliseconds(300), ReconnectDelay = TimeSpan.FromMilliseconds(20) }),
            NullLogger<GrpcAuditLog>.Instance);

        for (var i = 1; i <= 2; i++) await Should.ThrowAsync<AuditUnavailableException>(async () => await client.AppendAsync(Samples.Entry(i), Cancel));
    }

    [Fact]
    public async Task Proofs_AgainstTheSignedCheckpoint_VerifyWithThePublicKeyAlone()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        var receipts = await client.AppendAsync([.. Enumerable.Range(1, 100).Select(i => Samples.Entry(i))], Cancel);
        var early = await CheckpointAsync(server, receipts[^1].Sequence + 1);
        await client.AppendAsync([.. Enumerable.Range(101, 57).Select(i => Samples.Entry(i))], Cancel);
        var late = await CheckpointAsync(server, receipts[^1].Sequence + 58);

        SignedNote.TryOpen(early.Note, [CheckpointKey.Parse(early.VerifierKeys.Single())], out var checkpoint, out _).ShouldBeTrue();
        foreach (var receipt in receipts)
        {
            var proof = await server.Reader.GetInclusionProofAsync(new InclusionProofRequest { Sequence = receipt.Sequence, TreeSize = checkpoint!.Size }, cancellationToken: Cancel);
            MerkleTree.VerifyInclusion(receipt.LeafHash, receipt.Sequence, checkpoint.Size, [.. proof.Hashes.Select(hash => new Digest(hash.Span))], checkpoint.Root).ShouldBeTrue();
        }

        var consistency = await server.Reader.GetConsistencyProofAsync(new ConsistencyProofRequest { FirstSize = early.Size, SecondSize = late.Size }, cancellationToken: Cancel);
        MerkleTree.VerifyConsistency(early.Size, new Digest(early.Root.Span), late.Size, new Digest(late.Root.Span), [.. consistency.Hashes.Select(hash => new Digest(hash.Span))]).ShouldBeTrue();
    }

    [Fact]
    public async Task Tail_FromNow_SeesWhatIsAppendedNext()
    {
        await using var server = await AuditServer.StartAsync(_directory, cancellationToken: Cancel);
        await using var client = server.CreateClient();
        await client.AppendAsync(Samples.Entry(1), Cancel);
        using var tail = server.Reader.Tail(new TailRequest { FromSequence = AuditServer.OwnRecords }, cancellationToken: Cancel);

        (await tail.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
        await client.AppendAsync(Samples.Entry(2), Cancel);
        (await tail.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();

        tail.ResponseStream.Current.Entry.EventId.ShouldBe("run-1/2");
    }

    private static async Task<Loomflow.V1.Checkpoint> CheckpointAsync(AuditServer server, long size)
    {
        while (true)
        {
            var checkpoint = await server.Reader.GetCheckpointAsync(new GetCheckpointRequest(), cancellationToken: Cancel);
            if (checkpoint.Size >= size) return checkpoint;
            await Task.Delay(20, Cancel);
        }
    }
}
