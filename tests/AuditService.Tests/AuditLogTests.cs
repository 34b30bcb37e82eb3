using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class AuditLogTests : IDisposable
{
    private static readonly AuditOptions s_smallSegments = new() { SegmentBytes = 64 * 1024, SegmentEntries = 100 };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Append_ThenReopened_EverythingIsThereAndGoesOn()
    {
        await using (var log = Samples.Open(_directory, s_smallSegments))
        {
            await Samples.AppendAsync(log, 1, 250, Cancel);
            log.Size.ShouldBe(252);
        }

        await using var again = Samples.Open(_directory, s_smallSegments);
        var receipt = await again.AppendAsync(Samples.Entry(251), Cancel);

        receipt.Sequence.ShouldBe(253);
        var reader = new LogReader(again);
        for (var i = 1; i <= 250; i++)
        {
            var record = reader.Read(i + 1)!;
            record.Entry.EventId.ShouldBe($"run-1/{i}");
            record.Entry.Payload.ToArray().ShouldBe(Samples.Entry(i).Payload.ToArray());
        }

        (await VerifyAsync(again)).Damage.ShouldBeNull();
    }

    [Fact]
    public async Task Append_TheSameEventAgain_GivesTheFirstSequenceInEverySegmentAndAfterReopening()
    {
        var options = s_smallSegments;
        await using (var log = Samples.Open(_directory, options))
        {
            await Samples.AppendAsync(log, 1, 350, Cancel);
            (await log.AppendAsync(Samples.Entry(5), Cancel)).ShouldSatisfyAllConditions(r => r.Sequence.ShouldBe(6), r => r.IsDuplicate.ShouldBeTrue());
            (await log.AppendAsync(Samples.Entry(349), Cancel)).Sequence.ShouldBe(350);
        }

        await using var again = Samples.Open(_directory, options);
        foreach (var number in new[] { 1, 50, 101, 200, 350 }) (await again.AppendAsync(Samples.Entry(number), Cancel)).Sequence.ShouldBe(number + 1);
        var conflict = await Should.ThrowAsync<AuditConflictException>(async () => await again.AppendAsync(Samples.Entry(7, user: "mallory"), Cancel));
        conflict.Sequence.ShouldBe(8);
        (await Should.ThrowAsync<AuditConflictException>(async () => await again.AppendAsync(Samples.Entry(7, payload: "{}"), Cancel))).Sequence.ShouldBe(8);
    }

    [Fact]
    public async Task Append_ABatchWithADuplicateInside_AnswersBoth()
    {
        await using var log = Samples.Open(_directory);

        var receipts = await log.AppendAsync([Samples.Entry(1), Samples.Entry(1), Samples.Entry(2)], Cancel);

        receipts.Select(receipt => receipt.Sequence).ShouldBe([2, 2, 3]);
        receipts.Select(receipt => receipt.IsDuplicate).ShouldBe([false, true, false]);
    }

    [Fact]
    public async Task Append_WhileAsManyWaitAsMay_WaitsAndThenGoesOn()
    {
        using var clock = new HeldClock();
        await using var log = Samples.Open(_directory, new AuditOptions { QueueLength = 2 }, time: clock);
        clock.Hold();
        var appends = new List<Task> { log.AppendAsync(Samples.Entry(1), Cancel).AsTask() };
        await clock.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        appends.AddRange(Enumerable.Range(2, 9).Select(number => log.AppendAsync(Samples.Entry(number), Cancel).AsTask()));
        log.QueueDepth.ShouldBe(2, "the one that is written has left the queue, and the others wait for a place in it");
        appends.ShouldAllBe(append => !append.IsCompleted);

        clock.Release();
        await Task.WhenAll(appends).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        (await VerifyAsync(log)).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.Entries.ShouldBe(12));
    }

    [Fact]
    public async Task Append_FromManyCallers_AcknowledgesEachOnce()
    {
        await using var log = Samples.Open(_directory, s_smallSegments);

        var sequences = await Task.WhenAll(Enumerable.Range(1, 20).Select(async run =>
        {
            var mine = new List<long>();
            for (var i = 1; i <= 100; i++) mine.Add((await log.AppendAsync(Samples.Entry(i, $"run-{run}"), Cancel)).Sequence);
            mine.ShouldBe(mine.Order());
            return mine;
        }));

        sequences.SelectMany(s => s).Distinct().Count().ShouldBe(2_000);
        (await VerifyAsync(log)).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.Entries.ShouldBe(2_002));
    }

    [Fact]
    public async Task Open_WhileAnotherWriterHasTheLog_Refuses()
    {
        await using var log = Samples.Open(_directory);

        Should.Throw<LogInUseException>(() => Samples.Open(_directory)).Message.ShouldContain("one writer");
        await log.AppendAsync(Samples.Entry(1), Cancel);
    }

    [Fact]
    public async Task Append_AfterAnotherWriterTookOverOnStorageWithoutLocks_IsFenced()
    {
        await using var log = Samples.Open(_directory);
        await log.AppendAsync(Samples.Entry(1), Cancel);
        File.Delete(Path.Combine(_directory, "writer.lock"));
        await using (var other = Samples.Open(_directory)) await other.AppendAsync(Samples.Entry(2), Cancel);

        var error = await Should.ThrowAsync<AuditUnavailableException>(async () => await log.AppendAsync(Samples.Entry(3), Cancel));

        error.Message.ShouldContain("another process");
        (await VerifyAsync(log, limit: false)).Damage.ShouldBeNull();
    }

    [Fact]
    public async Task Query_AcrossSegments_FindsWhatTheDefinitionSays()
    {
        await using var log = Samples.Open(_directory, s_smallSegments);
        var random = new Random(42);
        for (var i = 1; i <= 600; i++)
        {
            await log.AppendAsync(Samples.Entry(i, $"run-{random.Next(5)}", $"user-{random.Next(3)}") with { Actor = random.Next(2) == 0 ? AuditActor.Model : AuditActor.Workflow }, Cancel);
        }

        var reader = new LogReader(log);
        var all = Enumerable.Range(0, (int)log.Size).Select(i => reader.Read(i)!).ToList();
        foreach (var query in new[]
        {
            new AuditQuery { Partition = PartitionKey.Named("user-1"), Limit = 1_000 },
            new AuditQuery { RunId = "run-2", Actor = AuditActor.Model, Limit = 1_000 },
            new AuditQuery { SessionId = "session-of-run-3", Action = AuditAction.StepStarted, Partition = PartitionKey.Named("user-0"), Limit = 1_000 },
            new AuditQuery { RootRunId = "run-4", FromSequence = 300, Limit = 1_000 },
            new AuditQuery { From = all[200].RecordedAt, Until = all[400].RecordedAt, Limit = 1_000 },
            new AuditQuery { RunId = "no such run", Limit = 1_000 },
            new AuditQuery { Partition = PartitionKey.Anonymous, Limit = 1_000 },
        })
        {
            var expected = all.Where(query.Matches).Select(record => record.Sequence).ToList();
            reader.Query(query).Records.Select(record => record.Sequence).ShouldBe(expected);

            var paged = new List<long>();
            for (long? next = query.FromSequence; next is not null;)
            {
                var page = reader.Query(query with { FromSequence = next.Value, Limit = 7 });
                page.Records.Count.ShouldBeLessThanOrEqualTo(7);
                paged.AddRange(page.Records.Select(record => record.Sequence));
                next = page.Next;
            }

            paged.ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Read_TheNewestRecordWhileOthersAreAppended_IsThatRecord()
    {
        await using var log = Samples.Open(_directory);
        await Samples.AppendAsync(log, 1, 10, Cancel);
        var reader = new LogReader(log);
        var appending = Task.Run(() => Samples.AppendAsync(log, 11, 2_000, Cancel), Cancel);

        while (!appending.IsCompleted)
        {
            var newest = log.Size - 1;
            reader.Read(newest)!.Sequence.ShouldBe(newest);
        }

        await appending;
    }

    [Fact]
    public async Task Tail_FromTheMiddle_SeesWhatIsThereAndWhatComes()
    {
        await using var log = Samples.Open(_directory);
        await Samples.AppendAsync(log, 1, 10, Cancel);
        var seen = new List<long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        stop.CancelAfter(TimeSpan.FromSeconds(30));

        await foreach (var record in new LogReader(log).Tail(new AuditQuery { RunId = "run-1", FromSequence = 5 }, stop.Token))
        {
            seen.Add(record.Sequence);
            if (record.Sequence == 11) await Samples.AppendAsync(log, 11, 13, Cancel);
            if (record.Sequence == 14) break;
        }

        seen.ShouldBe([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    }

    internal static Task<AuditVerification> VerifyAsync(AuditLog log, bool limit = true) =>
        new LogVerification(log.Files, log.Keys, CheckpointKeyFile.Read(log.Files)) { Limit = limit ? log.Size : null }.RunAsync(Cancel);
}
