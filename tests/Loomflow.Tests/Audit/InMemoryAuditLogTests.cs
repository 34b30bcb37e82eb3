using System.Text;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

public class InMemoryAuditLogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_EveryField_IsReadBack()
    {
        using var log = new InMemoryAuditLog(AuditSamples.Key());
        var entry = AuditSamples.Entry(1) with { ParentRunId = "run-0", Visit = 3, Attempt = 2 };

        var receipt = await log.AppendAsync(entry, Cancel);

        var stored = log.Query().ShouldHaveSingleItem();
        receipt.ShouldBe(new AuditReceipt(1, stored.LeafHash));
        stored.Entry.Payload.ToArray().ShouldBe(entry.Payload.ToArray());
        (stored.Entry with { Payload = entry.Payload }).ShouldBe(entry);
    }

    [Fact]
    public async Task Append_TheSameEventTwice_GivesTheFirstReceipt()
    {
        using var log = await AuditSamples.Log(3, Cancel);

        var again = await log.AppendAsync(AuditSamples.Entry(2), Cancel);

        again.Sequence.ShouldBe(2);
        again.IsDuplicate.ShouldBeTrue();
        log.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("bob", """{"input":"My card was charged twice."}""")]
    [InlineData("alice", """{"input":"My card was charged twice!"}""")]
    [InlineData("alice", null)]
    public async Task Append_TheSameEventWithOtherContent_IsAConflict(string user, string? payload)
    {
        using var log = await AuditSamples.Log(3, Cancel);

        var conflict = await Should.ThrowAsync<AuditConflictException>(async () => await log.AppendAsync(AuditSamples.Entry(2, user, payload), Cancel));

        conflict.Sequence.ShouldBe(2);
        conflict.EventId.ShouldBe("run-1/2");
        log.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Append_ASecretInThePayload_IsSignedWithoutIt()
    {
        using var log = new InMemoryAuditLog(AuditSamples.Key());

        await log.AppendAsync(AuditSamples.Entry(1, payload: """{"args":{"note":"use sk-ant-abcdefghijklmnop1234"}}"""), Cancel);

        var payload = Encoding.UTF8.GetString(log.Query().Single().Entry.Payload.Span);
        payload.ShouldBe("""{"args":{"note":"use [redacted]"}}""");
        log.Verify().IsIntact.ShouldBeTrue();
    }

    [Theory]
    [InlineData("EventId")]
    [InlineData("Action")]
    [InlineData("Actor")]
    public async Task Append_WithoutARequiredField_NamesIt(string field)
    {
        using var log = new InMemoryAuditLog();
        var entry = AuditSamples.Entry(1);
        var broken = entry with
        {
            EventId = field == "EventId" ? "" : entry.EventId,
            Action = field == "Action" ? "" : entry.Action,
            Actor = field == "Actor" ? "" : entry.Actor,
        };

        (await Should.ThrowAsync<ArgumentException>(async () => await log.AppendAsync(broken, Cancel))).Message.ShouldContain(field);
    }

    [Fact]
    public async Task Append_AFieldBeyondItsLimit_NamesIt()
    {
        using var log = new InMemoryAuditLog();

        var error = await Should.ThrowAsync<ArgumentException>(async () => await log.AppendAsync(AuditSamples.Entry(1) with { Node = new string('n', 4097) }, Cancel));

        error.Message.ShouldContain("Node is longer than 4096 bytes");
        log.Verify().IsIntact.ShouldBeTrue();
    }

    [Fact]
    public async Task Append_FromManyThreads_KeepsOneChain()
    {
        using var log = new InMemoryAuditLog(AuditSamples.Key());

        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), Cancel, async (i, token) => await log.AppendAsync(AuditSamples.Entry(i), token));

        log.Verify().ShouldSatisfyAllConditions(v => v.IsIntact.ShouldBeTrue(), v => v.Entries.ShouldBe(2_001));
    }

    [Fact]
    public async Task Query_EachFilter_SelectsItsEntries()
    {
        using var log = new InMemoryAuditLog(AuditSamples.Key());
        await log.AppendAsync(AuditSamples.Entry(1), Cancel);
        await log.AppendAsync(AuditSamples.Entry(2, "bob") with { SessionId = "session-2" }, Cancel);
        await log.AppendAsync(AuditSamples.Entry(3) with { Partition = PartitionKey.Anonymous, RunId = "run-2", Actor = AuditActor.Model }, Cancel);

        Sequences(new AuditQuery { Partition = PartitionKey.Named("alice") }).ShouldBe([1]);
        Sequences(new AuditQuery { Partition = PartitionKey.Anonymous }).ShouldBe([3]);
        Sequences(new AuditQuery { SessionId = "session-2" }).ShouldBe([2]);
        Sequences(new AuditQuery { RunId = "run-2" }).ShouldBe([3]);
        Sequences(new AuditQuery { RootRunId = "run-1" }).ShouldBe([1, 2, 3]);
        Sequences(new AuditQuery { Action = AuditAction.StepCompleted }).ShouldBe([1, 3]);
        Sequences(new AuditQuery { Actor = AuditActor.Model }).ShouldBe([3]);
        Sequences(new AuditQuery { FromSequence = 2, Limit = 1 }).ShouldBe([2]);

        long[] Sequences(AuditQuery query) => [.. log.Query(query).Select(record => record.Sequence)];
    }
}
