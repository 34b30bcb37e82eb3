using System.Text;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow.Aspire.AuditService.Tests;

internal static class Samples
{
    public static AuditKey Key(string id = "k1", byte seed = 7) => new(id, Enumerable.Range(0, 32).Select(i => (byte)(seed + i)).ToArray());

    public static AuditKeyRing Keys => new(Key(), Key("k2", 50));

    public static AuditEntry Entry(int number, string run = "run-1", string user = "alice", string? payload = null) => new()
    {
        EventId = $"{run}/{number}",
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMilliseconds(number),
        Action = number % 2 == 0 ? AuditAction.StepCompleted : AuditAction.StepStarted,
        Actor = AuditActor.Workflow,
        Partition = PartitionKey.Named(user),
        SessionId = $"session-of-{run}",
        RunId = run,
        RootRunId = run,
        Subject = "support",
        Node = "classify",
        Visit = 1,
        Attempt = 1,
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
        SpanId = "00f067aa0ba902b7",
        Payload = Encoding.UTF8.GetBytes(payload ?? $$"""{"number":{{number}},"input":"My card was charged twice."}"""),
    };

    public static AuditLog Open(string directory, AuditOptions? options = null, AuditKeyRing? keys = null, TimeProvider? time = null) =>
        new(options ?? new AuditOptions(), new LogFiles(directory), keys ?? Keys, time ?? TimeProvider.System, NullLogger<AuditLog>.Instance);

    public static async Task AppendAsync(AuditLog log, int from, int to, CancellationToken cancellationToken, string run = "run-1")
    {
        var entries = Enumerable.Range(from, to - from + 1).Select(i => Entry(i, run)).ToList();
        foreach (var chunk in entries.Chunk(500)) await log.AppendAsync((IReadOnlyList<AuditEntry>)chunk, cancellationToken);
    }
}
