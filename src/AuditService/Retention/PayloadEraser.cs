using System.Globalization;
using System.Text.Json;
using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Retention;

/// <summary>
/// Erases payload content. First an entry records what is to go, then salt and content are overwritten in place: the records
/// stay as they were signed, and with the salt gone their commitments say nothing about what was there.
/// </summary>
internal sealed partial class PayloadEraser(AuditLog log, TimeProvider time, ILogger<PayloadEraser> logger)
{
    private string DonePath => Path.Combine(log.Files.Root, "erased");

    /// <summary>Erases what a selection covers.</summary>
    /// <returns>The entry that records it, and how many payloads were erased.</returns>
    public async Task<(long Sequence, long Erased)> EraseAsync(PartitionKey? partition, string? runId, long? before, string requestedBy, string reason, CancellationToken cancellationToken)
    {
        if ((partition is null ? 0 : 1) + (string.IsNullOrEmpty(runId) ? 0 : 1) + (before is null ? 0 : 1) != 1)
        {
            throw new ArgumentException("Say which payloads to erase: those of a user, of a run, or all below a sequence number.");
        }

        await log.PayloadAccess.WaitAsync(cancellationToken);
        try
        {
            var selection = new Erasure(0, partition, runId, before);
            var entry = PreparedEntry.Create(
                new AuditEntry
                {
                    EventId = $"{log.Origin}/erased/{Guid.NewGuid():N}",
                    Time = time.GetUtcNow(),
                    Action = AuditAction.PayloadErased,
                    Actor = AuditActor.System,
                    Partition = partition ?? PartitionKey.Anonymous,
                    RunId = runId,
                    Subject = requestedBy,
                    Node = selection.Selection,
                    Payload = JsonSerializer.SerializeToUtf8Bytes(new { reason }),
                },
                scrubber: null, maxPayloadBytes: 64 * 1024);
            var receipt = (await log.AppendAsync([entry], cancellationToken))[0].Receipt;
            // From here on it is on record, so it is done even if the caller leaves.
            return (receipt.Sequence, Apply(selection with { Sequence = receipt.Sequence }));
        }
        finally
        {
            log.PayloadAccess.Release();
        }
    }

    /// <summary>Completes erasures that are on record and were interrupted.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (!log.IsWritable) return;
        await log.PayloadAccess.WaitAsync(cancellationToken);
        try
        {
            Resume();
        }
        finally
        {
            log.PayloadAccess.Release();
        }
    }

    private void Resume()
    {
        var done = File.Exists(DonePath) && long.TryParse(File.ReadAllText(DonePath), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : 0;
        var query = new AuditQuery { Action = AuditAction.PayloadErased, Actor = AuditActor.System, FromSequence = done + 1, Limit = 100 };
        var reader = new LogReader(log);
        for (long? next = query.FromSequence; next is not null;)
        {
            var page = reader.Query(query with { FromSequence = next.Value });
            foreach (var record in page.Records)
            {
                var (segment, ordinal) = log.Segments.Locate(record.Sequence);
                if (RecordView.TryParse(segment.ReadRecord(ordinal), out var view) && Erasure.Read(view) is { } erasure) Apply(erasure);
            }

            next = page.Next;
        }
    }

    private long Apply(Erasure erasure)
    {
        var erased = 0L;
        foreach (var segment in log.Segments.All.Where(segment => segment.FirstSequence < (erasure.Before ?? erasure.Sequence)))
        {
            var before = erased;
            foreach (var ordinal in Ordinals(segment.Index, erasure))
            {
                if (segment.FirstSequence + ordinal >= erasure.Sequence) break;
                if (Erase(segment, ordinal, erasure)) erased++;
            }

            if (erased > before) RandomAccess.FlushToDisk(segment.Payloads);
        }

        File.WriteAllText(DonePath, erasure.Sequence.ToString(CultureInfo.InvariantCulture));
        Log.Erased(logger, erased, erasure.Selection, erasure.Sequence);
        return erased;
    }

    private static bool Erase(Segment segment, int ordinal, Erasure erasure)
    {
        if (!RecordView.TryParse(segment.ReadRecord(ordinal), out var view) || view.PayloadLength == 0 || !erasure.Covers(view)) return false;
        if (PayloadFrame.IsErased(segment.ReadPayload(ordinal, view.PayloadLength))) return false;
        RandomAccess.Write(segment.Payloads, PayloadFrame.WriteErased(view.Sequence, view.PayloadLength, erasure.Sequence), segment.Index.Locate(ordinal).Payload);
        return true;
    }

    private static IEnumerable<int> Ordinals(ISegmentIndex index, Erasure erasure) => erasure switch
    {
        { Partition: { } partition } => index.Find(TermHash.Partition(partition)),
        { RunId: { } run } => index.Find(TermHash.Run(run)),
        _ => Enumerable.Range(0, index.Count),
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} payloads were erased ({Selection}), on record as entry {Sequence}")]
        public static partial void Erased(ILogger logger, long count, string selection, long sequence);
    }
}
