using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>A log of 1,000 records, damaged in every way: each is detected, placed and named.</summary>
public sealed class DamageTests(DamageTests.Log original) : IClassFixture<DamageTests.Log>, IDisposable
{
    // Through the files, every so many; the tests on records in memory take each one.
    private const int Stride = 61;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Verify_Untouched_IsIntactWithAndWithoutTheSecret()
    {
        var result = await SampleLog.RunAsync(original.Path, Cancel);
        result.ShouldSatisfyAllConditions(r => r.Damage.ShouldBeNull(), r => r.Entries.ShouldBe(1_000), r => r.Checkpoints.ShouldBe(3), r => r.CheckpointedEntries.ShouldBe(1_000));
        (await SampleLog.RunAsync(original.Path, Cancel, withSecret: false)).ShouldSatisfyAllConditions(r => r.Damage.ShouldBeNull(), r => r.MacsChecked.ShouldBeFalse());
    }

    [Fact]
    public void EveryByteOfEveryRecordFlipped_IsAltered() => AtEveryRecord((chain, inspector, records, at) =>
    {
        var record = records[at];
        for (var i = 0; i < record.Length; i++)
        {
            record[i] ^= 0x10;
            var check = inspector.Inspect(record);
            chain.TryAdd(check).ShouldBeFalse();
            Classify(chain, check, inspector, records.Skip(at + 1)).ShouldBe((AuditDamageKind.Altered, at), $"record {at}, byte {i}");
            record[i] ^= 0x10;
        }
    });

    [Fact]
    public void EveryRecordRemovedSwappedRepeatedOrPrecededByAForgery_IsNamed() => AtEveryRecord((chain, inspector, records, at) =>
    {
        if (at + 1 < records.Count)
        {
            Classify(chain, inspector.Inspect(records[at + 1]), inspector, records.Skip(at + 2)).ShouldBe((AuditDamageKind.Removed, at));
            Classify(chain, inspector.Inspect(records[at + 1]), inspector, [records[at], .. records.Skip(at + 2)]).ShouldBe((AuditDamageKind.Reordered, at));
        }

        if (at > 0) Classify(chain, inspector.Inspect(records[at - 1]), inspector, records.Skip(at)).ShouldBe((AuditDamageKind.Duplicated, at));
        var forged = records[at].ToArray();
        forged[^1] ^= 1;
        Classify(chain, inspector.Inspect(forged), inspector, records.Skip(at)).ShouldBe((AuditDamageKind.Inserted, at));
    });

    [Fact]
    public async Task EveryRecordReplacedByThatOfAnotherLogWithTheSameKey_IsSpliced()
    {
        using var other = new TemporaryDirectory();
        await SampleLog.CreateAsync(other, Cancel);
        var foreign = SampleLog.ReadRecords(other);
        AtEveryRecord(
            (chain, inspector, records, at) => Classify(chain, inspector.Inspect(foreign[at]), inspector, records.Skip(at + 1)).ShouldBe((AuditDamageKind.Spliced, at)),
            LogId(original.Path));
    }

    [Fact]
    public async Task FilesCutAtEveryRecord_AreTruncated()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Records(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        var ends = Ends(bytes);
        for (var i = ends.Count - 1; i >= 0; i -= i % Stride == 0 ? Stride : 1)
        {
            // At the end of a record, and in the middle of the next one.
            foreach (var length in new[] { ends[i], ends[i] - 20 })
            {
                await File.WriteAllBytesAsync(path, bytes[..length], Cancel);
                if (length == bytes.Length) continue;
                var expected = length == ends[i] ? i + 1 : i;
                Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((AuditDamageKind.Truncated, expected));
            }

            if (i > Stride && i % Stride != 0) i -= Stride / 2;
        }
    }

    [Fact]
    public async Task BytesFlippedInTheSegmentFile_AreAltered()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Records(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        var ends = Ends(bytes);
        // Every frame header of the first records, and then every so many bytes of the file.
        var positions = Enumerable.Range(0, 8).SelectMany(i => new[] { i, ends[0] + i, ends[499] + i, ends[998] + i }).Concat(Enumerable.Range(0, bytes.Length / 1_999).Select(i => i * 1_999));
        foreach (var position in positions)
        {
            bytes[position] ^= 0x01;
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            bytes[position] ^= 0x01;
            Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((AuditDamageKind.Altered, ends.FindIndex(end => end > position)), $"byte {position}");
        }
    }

    [Fact]
    public async Task BytesFlippedInThePayloadFile_AreAltered()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Payloads(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        foreach (var position in Enumerable.Range(0, 25).Concat(Enumerable.Range(0, bytes.Length / 997).Select(i => i * 997)))
        {
            // The eighth byte of a header says that a payload was erased, which must not go without a record of it.
            bytes[position] ^= 0x01;
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            bytes[position] ^= 0x01;
            (await SampleLog.VerifyAsync(_directory, Cancel)).ShouldNotBeNull($"byte {position}").Kind.ShouldBe(AuditDamageKind.Altered, $"byte {position}");
        }

        await File.WriteAllBytesAsync(path, bytes[..^10], Cancel);
        Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((AuditDamageKind.Removed, 999));
    }

    [Fact]
    public async Task EveryByteOfTheCheckpointsFlipped_IsABrokenCheckpoint()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Checkpoints;
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        for (var i = 0; i < bytes.Length; i += 3)
        {
            bytes[i] ^= 0x02;
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            bytes[i] ^= 0x02;
            (await SampleLog.VerifyAsync(_directory, Cancel)).ShouldNotBeNull($"byte {i}").Kind.ShouldBe(AuditDamageKind.BrokenCheckpoint, $"byte {i}");
        }
    }

    [Fact]
    public async Task BytesOfTheHeadFlipped_AreAltered()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Head;
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        for (var i = 0; i < bytes.Length; i += 2)
        {
            bytes[i] ^= 0x02;
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            bytes[i] ^= 0x02;
            (await SampleLog.VerifyAsync(_directory, Cancel)).ShouldNotBeNull($"byte {i}").Kind.ShouldBe(AuditDamageKind.Altered, $"byte {i}");
        }

        File.Delete(path);
        (await SampleLog.VerifyAsync(_directory, Cancel))!.Kind.ShouldBe(AuditDamageKind.Removed);
    }

    [Fact]
    public async Task RecordsMovedAboutInTheFile_AreNamed()
    {
        SampleLog.Copy(original.Path, _directory);
        var records = SampleLog.ReadRecords(original.Path);
        for (var at = 1; at < records.Count - 1; at += 331)
        {
            await Check(list => list.RemoveAt(at), AuditDamageKind.Removed, at);
            await Check(list => (list[at], list[at + 1]) = (list[at + 1], list[at]), AuditDamageKind.Reordered, at);
            await Check(list => list.Insert(at + 1, list[at]), AuditDamageKind.Duplicated, at + 1);
            await Check(list => list.Insert(at, [.. list[at][..^1], 0]), AuditDamageKind.Inserted, at);
            await Check(list => list.Insert(at, "garbage"u8.ToArray()), AuditDamageKind.Inserted, at);
        }

        async Task Check(Action<List<byte[]>> damage, AuditDamageKind kind, long sequence)
        {
            var damaged = records.ToList();
            damage(damaged);
            SampleLog.WriteRecords(_directory, damaged);
            Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((kind, sequence));
        }
    }

    [Fact]
    public async Task OlderCopies_OfTheSegmentOrOfEverything_AreTruncated()
    {
        using var older = new TemporaryDirectory();
        string anchor;
        await using (var log = Samples.Open(_directory))
        {
            await Samples.AppendAsync(log, 1, 500, Cancel);
            SampleLog.Copy(_directory, older);
            await Samples.AppendAsync(log, 501, 998, Cancel);
            using var signer = CheckpointSigner.Derive(log.Origin, log.FirstKey);
            Checkpoints.CheckpointKeyFile.Add(log.Files, signer.PublicKey);
            Checkpoints.CheckpointKeyFile.Add(new LogFiles(older), signer.PublicKey);
            var (size, root) = await log.GetTreeHeadAsync(Cancel);
            anchor = signer.Sign(new Checkpoint(log.Origin, size, root, DateTimeOffset.UnixEpoch)) + "\n";
        }

        // Everything older agrees with itself; only what was published elsewhere knows better.
        (await SampleLog.VerifyAsync(older, Cancel)).ShouldBeNull();
        Named(await SampleLog.VerifyAsync(older, Cancel, anchor: anchor)).ShouldBe((AuditDamageKind.Truncated, 502));
        Named(await SampleLog.VerifyAsync(older, Cancel, withSecret: false, anchor: anchor)).ShouldBe((AuditDamageKind.Truncated, 502));

        File.Copy(new LogFiles(older).Records(0), new LogFiles(_directory).Records(0), overwrite: true);
        Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((AuditDamageKind.Truncated, 502));
    }

    [Fact]
    public async Task ALogRewrittenByWhoeverHasTheSecret_BreaksTheCheckpoint()
    {
        SampleLog.Copy(original.Path, _directory);
        var records = SampleLog.ReadRecords(original.Path);
        RecordView.TryParse(records[0], out var genesis);
        using var writer = new RecordWriter(genesis.LogId, Samples.Key());
        var buffer = new byte[AuditFormat.MaxRecordBytes];
        var rewritten = new List<byte[]>();
        foreach (var record in records)
        {
            RecordView.TryParse(record, out var view);
            EntryCodec.TryDecode(view.Entry, out var entry).ShouldBeTrue();
            if (view.Sequence == 7) entry = entry with { Partition = PartitionKey.Named("mallory") };
            var prepared = PreparedEntry.Create(entry, scrubber: null, maxPayloadBytes: 0);
            var (length, _) = writer.Write(buffer, prepared, view.RecordedAt, view.Kind);
            rewritten.Add(buffer[..length]);
        }

        SampleLog.WriteRecords(_directory, rewritten);
        File.Delete(new LogFiles(_directory).Head);

        Named(await SampleLog.VerifyAsync(_directory, Cancel)).ShouldBe((AuditDamageKind.BrokenCheckpoint, 400));
        Named(await SampleLog.VerifyAsync(_directory, Cancel, withSecret: false)).ShouldBe((AuditDamageKind.BrokenCheckpoint, 400));
    }

    [Fact]
    public async Task Open_ADamagedLog_TouchesNothingAndSaysWhatIsWrong()
    {
        SampleLog.Copy(original.Path, _directory);
        var path = new LogFiles(_directory).Records(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancel);

        await using var log = Samples.Open(_directory);

        log.State.Name.ShouldBe("damaged");
        log.State.Damage!.Kind.ShouldBe(AuditDamageKind.Altered);
        (await Should.ThrowAsync<AuditUnavailableException>(async () => await log.AppendAsync(Samples.Entry(5_000), Cancel))).Message.ShouldContain("Altered at entry");
        (await File.ReadAllBytesAsync(path, Cancel)).ShouldBe(bytes);
    }

    private void AtEveryRecord(Action<ChainVerifier, RecordInspector, List<byte[]>, int> damage, Guid? logId = null)
    {
        var records = SampleLog.ReadRecords(original.Path);
        records.Count.ShouldBe(SampleLog.Size);
        using var inspector = new RecordInspector(Samples.Keys);
        using var chain = new ChainVerifier(checksMacs: true, logId);
        for (var at = 0; at < records.Count; at++)
        {
            damage(chain, inspector, records, at);
            chain.TryAdd(inspector.Inspect(records[at])).ShouldBeTrue();
        }
    }

    private static (AuditDamageKind, long) Classify(ChainVerifier chain, RecordCheck bad, RecordInspector inspector, IEnumerable<byte[]> following) =>
        Named(chain.Classify(bad, following.Select(record => inspector.Inspect(record))));

    private static (AuditDamageKind, long) Named(AuditDamage? damage) => (damage.ShouldNotBeNull().Kind, damage.Sequence);

    private static Guid LogId(string directory)
    {
        RecordView.TryParse(SampleLog.ReadRecords(directory)[0], out var genesis).ShouldBeTrue();
        return genesis.LogId;
    }

    private static List<int> Ends(byte[] segment)
    {
        var ends = new List<int>();
        for (var at = 0; at < segment.Length;)
        {
            AuditFormat.TryReadFrameHeader(segment.AsSpan(at), out var length).ShouldBeTrue();
            ends.Add(at += AuditFormat.FrameHeaderSize + length);
        }

        return ends;
    }

    public sealed class Log : IAsyncLifetime
    {
        private readonly TemporaryDirectory _directory = new();

        public string Path => _directory;

        public async ValueTask InitializeAsync() => await SampleLog.CreateAsync(_directory, CancellationToken.None);

        public ValueTask DisposeAsync()
        {
            _directory.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
