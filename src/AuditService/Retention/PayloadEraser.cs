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
    /// <summary>Up to where payloads are erased by age: nothing below has to be looked at again.</summary>
    public long ErasedBefore => ReadProgress().Before;

    private string ProgressPath => Path.Combine(log.Files.Root, "erased");

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
            // What an earlier process left undone comes first: progress is kept as one number.
            Resume();
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
        var query = new AuditQuery { Action = AuditAction.PayloadErased, Actor = AuditActor.System, FromSequence = ReadProgress().Sequence + 1, Limit = 100 };
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
        var progress = ReadProgress();
        var from = erasure.Before is null ? 0 : progress.Before;
        var until = erasure.Before ?? erasure.Sequence;
        foreach (var segment in log.Segments.All.Where(segment => segment.FirstSequence < until && segment.FirstSequence + segment.Index.Count > from))
        {
            var before = erased;
            foreach (var ordinal in Ordinals(segment, erasure, from))
            {
                if (segment.FirstSequence + ordinal >= until) break;
                if (Erase(segment, ordinal, erasure)) erased++;
            }

            if (erased > before) RandomAccess.FlushToDisk(segment.Payloads);
        }

        File.WriteAllText(ProgressPath, string.Create(CultureInfo.InvariantCulture, $"{erasure.Sequence} {Math.Max(progress.Before, erasure.Before ?? 0)}"));
        Log.Erased(logger, erased, erasure.Selection, erasure.Sequence);
        return erased;
    }

    // Without the file, or with one that a crash left incomplete, everything is looked at again; erasing twice changes nothing.
    private (long Sequence, long Before) ReadProgress() =>
        File.Exists(ProgressPath) && File.ReadAllText(ProgressPath).Split(' ') is [var sequence, var before]
        && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            ? (last, place) : (0, 0);

    private static bool Erase(Segment segment, int ordinal, Erasure erasure)
    {
        if (!RecordView.TryParse(segment.ReadRecord(ordinal), out var view) || view.PayloadLength == 0 || !erasure.Covers(view)) return false;
        if (PayloadFrame.IsErased(segment.ReadPayload(ordinal, view.PayloadLength))) return false;
        RandomAccess.Write(segment.Payloads, PayloadFrame.WriteErased(view.Sequence, view.PayloadLength, erasure.Sequence), segment.Index.Locate(ordinal).Payload);
        return true;
    }

    private static IEnumerable<int> Ordinals(Segment segment, Erasure erasure, long from) => erasure switch
    {
        { Partition: { } partition } => segment.Index.Find(TermHash.Partition(partition)),
        { RunId: { } run } => segment.Index.Find(TermHash.Run(run)),
        _ => Enumerable.Range(0, segment.Index.Count).Skip((int)Math.Max(0, from - segment.FirstSequence)),
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} payloads were erased ({Selection}), on record as entry {Sequence}")]
        public static partial void Erased(ILogger logger, long count, string selection, long sequence);
    }
}
