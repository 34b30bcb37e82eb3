namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>Where the records of one segment are and what they can be found by. Ordinals count from the segment's first record.</summary>
internal interface ISegmentIndex : IDisposable
{
    int Count { get; }

    long MinRecordedAt { get; }

    long MaxRecordedAt { get; }

    (long Record, long Payload) Locate(int ordinal);

    /// <summary>The ordinals with that term, ascending.</summary>
    int[] Find(ulong term);

    /// <summary>Ordinals that may have that event id; almost always none or one.</summary>
    int[] FindEvent(ulong eventHash);
}
