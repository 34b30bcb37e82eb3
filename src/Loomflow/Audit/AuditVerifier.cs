namespace Loomflow.Audit;

/// <summary>Verifies a sequence of stored records.</summary>
public static class AuditVerifier
{
    /// <summary>Checks records from the first on, and names the first damage.</summary>
    /// <param name="records">The stored bytes, in order; read twice around a damaged place.</param>
    /// <param name="keys">The secrets; without them authentication codes are not checked.</param>
    /// <param name="logId">The log it must be, where that is known.</param>
    /// <param name="expectedSize">How many records there must be at least, where that is known.</param>
    public static AuditVerification Verify(IEnumerable<ReadOnlyMemory<byte>> records, AuditKeyRing? keys, Guid? logId = null, long expectedSize = 0)
    {
        ArgumentNullException.ThrowIfNull(records);
        using var inspector = new RecordInspector(keys);
        using var chain = new ChainVerifier(keys is not null, logId);
        AuditDamage? damage = null;
        var position = 0;
        foreach (var record in records)
        {
            var check = inspector.Inspect(record.Span);
            position++;
            if (chain.TryAdd(check)) continue;
            damage = chain.Classify(check, records.Skip(position).Select(next => inspector.Inspect(next.Span)));
            break;
        }

        if (damage is null && chain.Size < expectedSize)
        {
            damage = new AuditDamage(AuditDamageKind.Truncated, chain.Size, $"the log had at least {expectedSize} records");
        }

        return new AuditVerification
        {
            Entries = Math.Min(chain.Size, damage?.Sequence ?? long.MaxValue),
            Root = chain.Root(),
            Damage = damage,
            MacsChecked = keys is not null,
            ClockRegressions = chain.ClockRegressions,
        };
    }
}
