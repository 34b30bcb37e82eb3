using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

public class AuditVerifierTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_AnUntouchedLog_IsIntact()
    {
        using var log = await AuditSamples.Log(50, Cancel);

        log.Verify(log.Export()).ShouldSatisfyAllConditions(v => v.Damage.ShouldBeNull(), v => v.Entries.ShouldBe(51));
        AuditVerifier.Verify(log.Export(), keys: null).IsIntact.ShouldBeTrue();
    }

    [Fact]
    public async Task Verify_TheUserIdChanged_NamesTheEntry()
    {
        using var log = await AuditSamples.Log(10, Cancel);
        var records = Copy(log);
        var at = records[4].AsSpan().IndexOf("u:alice"u8);
        "u:mallo"u8.CopyTo(records[4].AsSpan(at));

        Verify(log, records).ShouldBe((AuditDamageKind.Altered, 4));
    }

    [Fact]
    public async Task Verify_AnyByteChanged_NamesTheEntry()
    {
        using var log = await AuditSamples.Log(6, Cancel);
        var records = Copy(log);
        for (var i = 0; i < records.Count; i++)
        {
            for (var at = 0; at < records[i].Length; at++)
            {
                records[i][at] ^= 0x01;
                Verify(log, records).ShouldBe((AuditDamageKind.Altered, i), $"record {i}, byte {at}");
                records[i][at] ^= 0x01;
            }
        }
    }

    [Fact]
    public async Task Verify_AnyByteChangedAndNoSecret_NamesTheEntryWhereAnotherOneFollows()
    {
        using var log = await AuditSamples.Log(6, Cancel);
        var records = Copy(log);
        RecordView.TryParse(records[0], out var genesis);
        var logId = genesis.LogId;
        for (var i = 0; i < records.Count - 1; i++)
        {
            for (var at = 0; at < records[i].Length; at++)
            {
                records[i][at] ^= 0x01;
                var damage = AuditVerifier.Verify(Memories(records), keys: null, logId).Damage;
                damage.ShouldNotBeNull($"record {i}, byte {at}");

                // Without the secret, a first record with another log's id cannot be told from another log's first record.
                var expected = i == 0 && at is >= 18 and < 34 ? AuditDamageKind.Spliced : AuditDamageKind.Altered;
                damage.Kind.ShouldBe(expected, $"record {i}, byte {at}: {damage}");
                damage.Sequence.ShouldBe(i, $"record {i}, byte {at}: {damage}");
                records[i][at] ^= 0x01;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_RecordsMovedAbout_NamesWhatWasDone(bool withSecret)
    {
        using var log = await AuditSamples.Log(20, Cancel);
        var records = Copy(log);

        Check(list => list.RemoveAt(5), AuditDamageKind.Removed, 5);
        Check(list => list.RemoveRange(5, 3), AuditDamageKind.Removed, 5);
        Check(list => list.RemoveAt(0), AuditDamageKind.Removed, 0);
        Check(list => (list[5], list[6]) = (list[6], list[5]), AuditDamageKind.Reordered, 5);
        Check(list => (list[5], list[15]) = (list[15], list[5]), AuditDamageKind.Reordered, 5);
        Check(list => list.Insert(6, list[5]), AuditDamageKind.Duplicated, 6);
        Check(list => list.Insert(15, list[5]), AuditDamageKind.Duplicated, 15);
        Check(list => list.Insert(5, list[15]), AuditDamageKind.Duplicated, 5);
        Check(list => list.RemoveRange(18, 3), AuditDamageKind.Truncated, 18);

        void Check(Action<List<byte[]>> damage, AuditDamageKind kind, long sequence)
        {
            var damaged = records.ToList();
            damage(damaged);
            var found = AuditVerifier.Verify(Memories(damaged), withSecret ? new AuditKeyRing(AuditSamples.Key()) : null, expectedSize: records.Count).Damage;
            found.ShouldNotBeNull();
            (found.Kind, found.Sequence).ShouldBe((kind, sequence), found.Detail);
        }
    }

    [Fact]
    public async Task Verify_AForgedRecordPutIn_IsInserted()
    {
        using var log = await AuditSamples.Log(10, Cancel);
        var records = Copy(log);
        var forged = records[5].ToArray();
        forged[^1] ^= 1;
        records.Insert(5, forged);
        Verify(log, records).ShouldBe((AuditDamageKind.Inserted, 5));

        records[5] = "not a record at all"u8.ToArray();
        Verify(log, records).ShouldBe((AuditDamageKind.Inserted, 5));
    }

    [Fact]
    public async Task Verify_ARecordOfAnotherLogWithTheSameKey_IsSpliced()
    {
        using var log = await AuditSamples.Log(10, Cancel);
        using var other = await AuditSamples.Log(10, Cancel);
        for (var i = 0; i <= 10; i++)
        {
            var records = Copy(log);
            records[i] = Copy(other)[i];
            Verify(log, records).ShouldBe((AuditDamageKind.Spliced, i));
        }
    }

    [Fact]
    public async Task Verify_AnotherKey_IsAnUnknownKey()
    {
        using var log = await AuditSamples.Log(3, Cancel);

        AuditVerifier.Verify(log.Export(), new AuditKeyRing(AuditSamples.Key("other"))).Damage!.Kind.ShouldBe(AuditDamageKind.UnknownKey);
        AuditVerifier.Verify(log.Export(), new AuditKeyRing(AuditSamples.Key("k1", seed: 99))).Damage!.Kind.ShouldBe(AuditDamageKind.Altered);
    }

    private static (AuditDamageKind, long) Verify(InMemoryAuditLog log, List<byte[]> records)
    {
        var damage = log.Verify(Memories(records)).Damage;
        damage.ShouldNotBeNull();
        return (damage.Kind, damage.Sequence);
    }

    private static List<byte[]> Copy(InMemoryAuditLog log) => [.. log.Export().Select(record => record.ToArray())];

    private static List<ReadOnlyMemory<byte>> Memories(List<byte[]> records) => [.. records.Select(record => (ReadOnlyMemory<byte>)record)];
}
