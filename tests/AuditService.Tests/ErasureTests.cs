using System.Text;
using Loomflow.Aspire.AuditService.Retention;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class ErasureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Erase_AUser_RemovesTheContentFromDiskAndTheLogStaysIntact()
    {
        await using var log = Samples.Open(_directory, new AuditOptions { SegmentEntries = 40 });
        for (var i = 1; i <= 100; i++) await log.AppendAsync(Samples.Entry(i, user: i % 2 == 0 ? "alice" : "bob", payload: $$"""{"who":"{{(i % 2 == 0 ? "alice-content" : "bob-content")}}"}"""), Cancel);

        var (sequence, erased) = await Eraser(log).EraseAsync(PartitionKey.Named("alice"), null, null, "privacy officer", "asked by the user", Cancel);

        erased.ShouldBe(50);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_directory, "segments")))
        {
            Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file, Cancel)).ShouldNotContain("alice-content");
        }

        var reader = new LogReader(log);
        reader.Read(3)!.ShouldSatisfyAllConditions(r => r.IsPayloadErased.ShouldBeTrue(), r => r.Entry.Payload.IsEmpty.ShouldBeTrue(), r => r.PayloadLength.ShouldBePositive());
        Encoding.UTF8.GetString(reader.Read(2)!.Entry.Payload.Span).ShouldContain("bob-content");
        reader.Read(sequence)!.Entry.ShouldSatisfyAllConditions(e => e.Action.ShouldBe(AuditAction.PayloadErased), e => e.Subject.ShouldBe("privacy officer"));
        (await AuditLogTests.VerifyAsync(log)).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.ErasedPayloads.ShouldBe(50));
        // The same event again is still the same event: its content cannot be compared any more.
        (await log.AppendAsync(Samples.Entry(2, user: "alice", payload: """{"who":"alice-content"}"""), Cancel)).IsDuplicate.ShouldBeTrue();
    }

    [Fact]
    public async Task Verify_APayloadBlankedWithoutARecordOfIt_IsRemoved()
    {
        await using (var log = Samples.Open(_directory))
        {
            await Samples.AppendAsync(log, 1, 10, Cancel);
            await Eraser(log).EraseAsync(null, "another run", null, "x", "y", Cancel);
        }

        // As an intruder would: blank, and pointing to an erasure that is on record but of something else.
        var path = new LogFiles(_directory).Payloads(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        PayloadFrame.WriteErased(2, Samples.Entry(1).Payload.Length, erasedBy: 12).CopyTo(bytes, 0);
        await File.WriteAllBytesAsync(path, bytes, Cancel);

        (await SampleLog.VerifyAsync(_directory, Cancel)).ShouldNotBeNull().ShouldSatisfyAllConditions(d => d.Kind.ShouldBe(AuditDamageKind.Removed), d => d.Sequence.ShouldBe(2));
    }

    [Fact]
    public async Task Resume_AnErasureThatWasInterrupted_CompletesIt()
    {
        await using var log = Samples.Open(_directory);
        await Samples.AppendAsync(log, 1, 10, Cancel);
        using var untouched = new TemporaryDirectory();
        SampleLog.Copy(_directory, untouched);
        await Eraser(log).EraseAsync(null, "run-1", null, "x", "y", Cancel);
        var payloads = new LogFiles(_directory).Payloads(0);
        var erased = await File.ReadAllBytesAsync(payloads, Cancel);

        // As if the process had died between the record and the overwriting.
        var original = await File.ReadAllBytesAsync(new LogFiles(untouched).Payloads(0), Cancel);
        await using (var file = File.Open(payloads, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) await file.WriteAsync(original, Cancel);
        File.Delete(Path.Combine(_directory, "erased"));
        await Eraser(log).ResumeAsync(Cancel);

        (await File.ReadAllBytesAsync(payloads, Cancel)).ShouldBe(erased);
    }

    [Fact]
    public async Task Erase_ByAge_GoesOnWhereItStopped()
    {
        await using var log = Samples.Open(_directory, new AuditOptions { SegmentEntries = 10 });
        await Samples.AppendAsync(log, 1, 60, Cancel);
        var eraser = Eraser(log);

        (await eraser.EraseAsync(null, null, 32, "retention", "old", Cancel)).Erased.ShouldBe(30);
        eraser.ErasedBefore.ShouldBe(32);
        (await eraser.EraseAsync(null, null, 32, "retention", "old", Cancel)).Erased.ShouldBe(0);
        (await Eraser(log).EraseAsync(null, null, 42, "retention", "old", Cancel)).Erased.ShouldBe(10);
        // What was noted on the way is a hint: without it the answer is the same.
        File.Delete(Path.Combine(_directory, "erased"));
        (await eraser.EraseAsync(null, null, 52, "retention", "old", Cancel)).Erased.ShouldBe(10);

        (await AuditLogTests.VerifyAsync(log)).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.ErasedPayloads.ShouldBe(50));
    }

    [Fact]
    public async Task Erase_WithoutASelection_IsRefused()
    {
        await using var log = Samples.Open(_directory);
        await Should.ThrowAsync<ArgumentException>(() => Eraser(log).EraseAsync(null, null, null, "x", "y", Cancel));
        await Should.ThrowAsync<ArgumentException>(() => Eraser(log).EraseAsync(PartitionKey.Anonymous, "run-1", null, "x", "y", Cancel));
    }

    private static PayloadEraser Eraser(AuditLog log) => new(log, TimeProvider.System, NullLogger<PayloadEraser>.Instance);
}
