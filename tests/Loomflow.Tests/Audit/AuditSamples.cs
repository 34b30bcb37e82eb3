using System.Text;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

internal static class AuditSamples
{
    public static AuditKey Key(string id = "k1", byte seed = 7) => new(id, Enumerable.Range(0, 32).Select(i => (byte)(seed + i)).ToArray());

    public static AuditEntry Entry(int number, string user = "alice", string? payload = """{"input":"My card was charged twice."}""") => new()
    {
        EventId = $"run-1/{number}",
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMilliseconds(number),
        Action = number % 2 == 0 ? AuditAction.StepStarted : AuditAction.StepCompleted,
        Actor = AuditActor.Workflow,
        Partition = PartitionKey.Named(user),
        SessionId = "session-1",
        RunId = "run-1",
        RootRunId = "run-1",
        Subject = "support",
        Node = "classify",
        Visit = 1,
        Attempt = 1,
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
        SpanId = "00f067aa0ba902b7",
        Payload = payload is null ? default : Encoding.UTF8.GetBytes(payload),
    };

    public static async Task<InMemoryAuditLog> Log(int entries, CancellationToken cancellationToken)
    {
        var log = new InMemoryAuditLog(Key());
        for (var i = 1; i <= entries; i++) await log.AppendAsync(Entry(i), cancellationToken);
        return log;
    }
}
