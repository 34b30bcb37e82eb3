namespace Loomflow.Audit;

/// <summary>Where decisions are recorded.</summary>
public interface IAuditLog
{
    /// <summary>Appends an entry and completes when it is as durable as this log makes it.</summary>
    /// <exception cref="ArgumentException">The entry lacks a field or exceeds a limit.</exception>
    /// <exception cref="AuditConflictException">The event id is in the log with other content.</exception>
    /// <exception cref="AuditUnavailableException">The log cannot take entries now; the same entry can be sent again later.</exception>
    ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends entries in order and completes when all are durable. After an exception some of them may be in the log:
    /// append the same batch again, entries that arrived before give the same receipt.
    /// </summary>
    async ValueTask<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var receipts = new AuditReceipt[entries.Count];
        for (var i = 0; i < receipts.Length; i++)
        {
            receipts[i] = await AppendAsync(entries[i], cancellationToken).ConfigureAwait(false);
        }

        return receipts;
    }
}
