using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Loomflow.Audit;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>
/// Who was turned away, for the audit log. Nobody waits for it, and nobody can fill the log with it: beyond a rate, denials are counted, and
/// the next entry says how many were left out.
/// </summary>
public sealed class Denials(TimeProvider time)
{
    /// <summary>Entries in a minute.</summary>
    internal const int MaxPerMinute = 600;

    private const int MaxPending = 1_000;

    private readonly Channel<AuditEntry> _pending = Channel.CreateBounded<AuditEntry>(MaxPending);
    private readonly Lock _lock = new();
    private DateTimeOffset _minute;
    private int _inMinute;
    private int _leftOut;

    internal ChannelReader<AuditEntry> Pending => _pending.Reader;

    /// <summary>Notes that a caller was turned away.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="target">What they named, such as a run's id.</param>
    public void Record(Caller caller, string reason, string? target = null)
    {
        ArgumentNullException.ThrowIfNull(caller);
        Record(caller.Name, caller.IsService ? AuditActor.System : AuditActor.User, PartitionKey.Of(caller.UserId), caller.AskedFor, reason, target);
    }

    internal void Record(string? by, string actor, PartitionKey partition, string askedFor, string reason, string? target = null)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (now - _minute >= TimeSpan.FromMinutes(1)) (_minute, _inMinute) = (now, 0);
            var entry = new AuditEntry
            {
                EventId = $"access/{Guid.CreateVersion7():n}",
                Time = now,
                Action = AuditAction.AccessDenied,
                Actor = actor,
                Partition = partition,
                Subject = askedFor,
                TraceId = Activity.Current?.TraceId.ToHexString(),
                SpanId = Activity.Current?.SpanId.ToHexString(),
                Payload = JsonSerializer.SerializeToUtf8Bytes(new { by, reason, target, leftOut = _leftOut }),
            };
            if (_inMinute < MaxPerMinute && _pending.Writer.TryWrite(entry)) (_inMinute, _leftOut) = (_inMinute + 1, 0);
            else _leftOut++;
        }
    }
}
