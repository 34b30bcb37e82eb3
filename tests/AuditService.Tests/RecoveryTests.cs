using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Loomflow.Testing;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class RecoveryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_AfterAWriteWasCutOffAnywhere_KeepsWhatWasAcknowledgedAndGoesOn()
    {
        using var before = new TemporaryDirectory();
        await using (var log = Samples.Open(_directory))
        {
            await Samples.AppendAsync(log, 1, 20, Cancel);
            SampleLog.Copy(_directory, before);
            await Samples.AppendAsync(log, 21, 23, Cancel);
        }

        // The head of before, with every length of records and payloads that a crash can leave behind it.
        var files = new LogFiles(before);
        var after = new LogFiles(_directory);
        var (records, payloads) = (await File.ReadAllBytesAsync(after.Records(0), Cancel), await File.ReadAllBytesAsync(after.Payloads(0), Cancel));
        var (oldRecords, oldPayloads) = (new FileInfo(files.Records(0)).Length, new FileInfo(files.Payloads(0)).Length);
        for (var cut = 0; cut < records.Length - oldRecords; cut += 13)
        {
            foreach (var payloadLength in new[] { oldPayloads, oldPayloads + ((payloads.Length - oldPayloads) / 2), payloads.Length })
            {
                using var torn = new TemporaryDirectory();
                SampleLog.Copy(before, torn);
                var tornFiles = new LogFiles(torn);
                await File.WriteAllBytesAsync(tornFiles.Records(0), records[..(int)(oldRecords + cut)], Cancel);
                await File.WriteAllBytesAsync(tornFiles.Payloads(0), payloads[..(int)payloadLength], Cancel);

                await using var log = Samples.Open(torn);
                log.State.ShouldBe(LogState.Open);
                log.Size.ShouldBeInRange(23, 26);
                await Samples.AppendAsync(log, 21, 25, Cancel);
                var result = await AuditLogTests.VerifyAsync(log);
                result.Damage.ShouldBeNull();
                new LogReader(log).Query(new AuditQuery { RunId = "run-1" }).Records.Select(record => record.Entry.EventId).ShouldBe(Enumerable.Range(1, 25).Select(i => $"run-1/{i}"));
            }
        }
    }

    [Fact]
    public async Task Open_WithoutDerivedFiles_BuildsThemAgain()
    {
        var options = new AuditOptions { SegmentEntries = 100 };
        Digest root;
        await using (var log = Samples.Open(_directory, options))
        {
            await SmallBatchesAsync(log, 450);
            (_, root) = await log.GetTreeHeadAsync(Cancel);
        }

        var files = new LogFiles(_directory);
        File.Delete(files.Tree);
        foreach (var first in files.ListSegments().Take(2)) File.Delete(files.Index(first));

        await using var again = Samples.Open(_directory, options);
        MerkleTree.Root(452, again.Tree).ShouldBe(root);
        files.ListSegments().SkipLast(1).ShouldAllBe(first => File.Exists(files.Index(first)));
        (await again.AppendAsync(Samples.Entry(17), Cancel)).ShouldSatisfyAllConditions(r => r.IsDuplicate.ShouldBeTrue(), r => r.Sequence.ShouldBe(18));
    }

    [Fact]
    public async Task Open_ASegmentInTheMiddleMissing_IsDamage()
    {
        var options = new AuditOptions { SegmentEntries = 100 };
        await using (var log = Samples.Open(_directory, options)) await SmallBatchesAsync(log, 450);
        var files = new LogFiles(_directory);
        var second = files.ListSegments()[1];
        File.Delete(files.Records(second));

        await using var again = Samples.Open(_directory, options);

        again.State.Damage.ShouldNotBeNull().ShouldSatisfyAllConditions(d => d.Kind.ShouldBe(AuditDamageKind.Removed), d => d.Sequence.ShouldBe(second));
        (await SampleLog.VerifyAsync(_directory, Cancel)).ShouldNotBeNull().ShouldSatisfyAllConditions(d => d.Kind.ShouldBe(AuditDamageKind.Removed), d => d.Sequence.ShouldBe(second));
    }

    [Fact]
    public async Task Append_AfterTheClockWentBack_RecordsItAndRewritesNothing()
    {
        var time = new ManualTimeProvider();
        await using var log = Samples.Open(_directory, time: time);
        await log.AppendAsync(Samples.Entry(1), Cancel);
        time.Advance(TimeSpan.FromMinutes(-5));
        await log.AppendAsync(Samples.Entry(2), Cancel);

        var reader = new LogReader(log);
        log.ClockRegressions.ShouldBe(1);
        reader.Read(3)!.Entry.Action.ShouldBe(AuditAction.ClockMovedBack);
        reader.Read(4)!.RecordedAt.ShouldBe(time.GetUtcNow());
        reader.Read(2)!.RecordedAt.ShouldBe(time.GetUtcNow().AddMinutes(5));
        (await AuditLogTests.VerifyAsync(log)).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.ClockRegressions.ShouldBe(1));
    }

    [Fact]
    public async Task Open_StorageThatCannotBeWritten_ServesReads()
    {
        await using (var log = Samples.Open(_directory)) await Samples.AppendAsync(log, 1, 10, Cancel);
        // The administrator, whom permissions do not stop, may run the tests; nobody can open a directory for writing.
        File.Delete(Path.Combine(_directory, "writer.lock"));
        Directory.CreateDirectory(Path.Combine(_directory, "writer.lock"));

        await using var readOnly = Samples.Open(_directory);

        readOnly.State.Name.ShouldBe("read-only");
        new LogReader(readOnly).Query(new AuditQuery { RunId = "run-1" }).Records.Count.ShouldBe(10);
        (await Should.ThrowAsync<AuditUnavailableException>(async () => await readOnly.AppendAsync(Samples.Entry(11), Cancel))).Message.ShouldContain("cannot be written");
    }

    private static async Task SmallBatchesAsync(AuditLog log, int count)
    {
        foreach (var chunk in Enumerable.Range(1, count).Select(i => Samples.Entry(i)).Chunk(50)) await log.AppendAsync((IReadOnlyList<AuditEntry>)chunk, Cancel);
    }
}
