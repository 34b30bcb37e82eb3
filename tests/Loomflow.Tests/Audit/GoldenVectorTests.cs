using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

/// <summary>
/// The bytes of version 1, made with another program from docs/audit.md. If a test here fails, the format has changed, and
/// logs that exist can no longer be verified: that needs a new version and not new expectations.
/// </summary>
public class GoldenVectorTests
{
    private const string Genesis =
        "6c6f6f6d666c6f772d61756469742d763101000102030405060708090a0b0c0d0e0f00000000000000000000000000000000000000000000000000000000000000000000000000000000003ec9b59f018080000000000000000000000000000000000000000000000000000000000000000000000000026b310000003ec9b59f0180800000000000000000000767656e65736973000b6c6f675f63726561746564000673797374656d000161000000000000000000000000000000001b115cbe810bd374666162695f98dcc94fc747645222dad5bf1c13ef603b7d24";

    private const string Step =
        "6c6f6f6d666c6f772d61756469742d763100000102030405060708090a0b0c0d0e0f00000000000000018fbbc22855fcd901d724084a2e983947b3e0cfd3978fed21d18368246a97460f003ec9b59f200500000000000000000000000000000000000000000000000000000000000000000000000000026b310000003ec9b59f1457070000000100000002000772756e2d312f31000c737465705f737461727465640008776f726b666c6f77000c753a2575303045356c696365000973657373696f6e2d31000572756e2d31000572756e2d30000572756e2d300007737570706f72740010737570706f72742f636c61737369667900203462663932663335373762333464613661336365393239643065306534373336001030306630363761613062613930326237529b1a438bbcf660845403cbc30bf9b33f5df8710c489a1fcb146e2dda63bb99";

    private const string Rotation =
        "6c6f6f6d666c6f772d61756469742d763102000102030405060708090a0b0c0d0e0f00000000000000024964ef6f4a683e81f487cd67c9468e435b44de36d3f8e9a3c9883adb1e1c17d0003ec9b59f2f4740000000000000000000000000000000000000000000000000000000000000000000000000026b310023026b32d28cb45dd173b2f904e474aa782b61b485a875235fd636ab58e7c3bba42b99b4003ec9b59f2f474000000000000000000007726f7461746564000b6b65795f726f7461746564000673797374656d00016100000000000000000000000000000000c362c70d203f88e1860b6b21cd539a01253b57efac55f2700a02828160fba652";

    private static readonly Guid s_logId = new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], bigEndian: true);

    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Writer_KnownEntries_WritesTheKnownBytes()
    {
        using var writer = new RecordWriter(s_logId, AuditSamples.Key());
        var step = new AuditEntry
        {
            EventId = "run-1/1",
            Time = s_time.AddTicks(1_234_567),
            Action = AuditAction.StepStarted,
            Actor = AuditActor.Workflow,
            Partition = PartitionKey.Named("ålice"),
            SessionId = "session-1",
            RunId = "run-1",
            RootRunId = "run-0",
            ParentRunId = "run-0",
            Subject = "support",
            Node = "support/classify",
            Visit = 1,
            Attempt = 2,
            TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            SpanId = "00f067aa0ba902b7",
        };

        Write(writer, System("genesis", AuditAction.LogCreated, s_time), s_time, AuditRecordKind.Genesis).ShouldBe(Genesis);
        Write(writer, step, s_time.AddTicks(2_000_000), AuditRecordKind.Entry).ShouldBe(Step);
        var buffer = new byte[AuditFormat.MaxRecordBytes];
        var (length, leaf) = writer.WriteRotation(buffer, Prepare(System("rotated", AuditAction.KeyRotated, s_time.AddTicks(3_000_000))), s_time.AddTicks(3_000_000), AuditSamples.Key("k2", 50));
        Convert.ToHexStringLower(buffer.AsSpan(0, length)).ShouldBe(Rotation);
        leaf.ShouldBe(Digest.Parse("3599a005b5ce567fa1caa22b3051e58138604e59f7af76eb2d83d6c239425ca9"));
        writer.Key.Id.ShouldBe("k2");
    }

    [Fact]
    public void Verifier_TheKnownBytes_HaveTheKnownRoot()
    {
        var records = new[] { Genesis, Step, Rotation }.Select(hex => (ReadOnlyMemory<byte>)Convert.FromHexString(hex)).ToList();

        var verification = AuditVerifier.Verify(records, new AuditKeyRing(AuditSamples.Key(), AuditSamples.Key("k2", 50)));

        verification.Damage.ShouldBeNull();
        verification.Root.ShouldBe(Digest.Parse("ed8711d89eb1033e44b6babc0222157428d4caa5d7ce891d6faf53324ddfec49"));
    }

    [Fact]
    public void Commitment_KnownSaltAndPayload_IsTheKnownHash()
    {
        using var hasher = new RecordHasher();
        hasher.Commit([.. Enumerable.Range(100, 16).Select(i => (byte)i)], """{"input":"hi"}"""u8)
            .ShouldBe(Digest.Parse("a8fd32afc429aa1cb369b65d6d3a09ade5479635c1a4b9e70f9b3339fe2b2864"));
    }

    private static string Write(RecordWriter writer, AuditEntry entry, DateTimeOffset recordedAt, AuditRecordKind kind)
    {
        var buffer = new byte[AuditFormat.MaxRecordBytes];
        return Convert.ToHexStringLower(buffer.AsSpan(0, writer.Write(buffer, Prepare(entry), recordedAt, kind).Length));
    }

    private static PreparedEntry Prepare(AuditEntry entry) => PreparedEntry.Create(entry, scrubber: null, maxPayloadBytes: 0);

    private static AuditEntry System(string eventId, string action, DateTimeOffset time) => new() { EventId = eventId, Time = time, Action = action, Actor = AuditActor.System };
}
