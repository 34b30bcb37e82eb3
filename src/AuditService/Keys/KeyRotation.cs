using System.Text;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Keys;

/// <summary>Hands the log over to another key of the ring, on record and signed by both.</summary>
internal sealed partial class KeyRotation(AuditLog log, TimeProvider time, ILogger<KeyRotation> logger)
{
    /// <exception cref="ArgumentException">The key is not in the ring, or signs already.</exception>
    public async Task<(AuditReceipt Receipt, string OldKeyId)> RotateAsync(string newKeyId, string requestedBy, CancellationToken cancellationToken)
    {
        var old = log.ActiveKey;
        var key = log.Keys.Find(newKeyId)
            ?? throw new ArgumentException($"There is no audit key '{newKeyId}' in the key ring ({string.Join(", ", log.Keys.Keys.Select(known => known.Id))}): add it as Audit__Keys__{newKeyId} first.");
        if (key == old) throw new ArgumentException($"The log is signed with '{newKeyId}' already.");

        var entry = PreparedEntry.Create(
            new AuditEntry
            {
                EventId = $"{log.Origin}/rotated/{Guid.NewGuid():N}",
                Time = time.GetUtcNow(),
                Action = AuditAction.KeyRotated,
                Actor = AuditActor.System,
                Subject = requestedBy,
                Node = $"{old.Id} -> {key.Id}",
                Payload = Encoding.UTF8.GetBytes($$"""{"from":"{{old.Id}}","to":"{{key.Id}}"}"""),
            },
            scrubber: null, maxPayloadBytes: 1024);
        var receipt = await log.RotateAsync(key, entry, cancellationToken);
        Log.Rotated(logger, old.Id, key.Id, receipt.Sequence);
        return (receipt, old.Id);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The audit log is signed with '{NewKey}' instead of '{OldKey}' after record {Sequence}")]
        public static partial void Rotated(ILogger logger, string oldKey, string newKey, long sequence);
    }
}
