using System.Buffers;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>What can be said of the records of a chunk one by one. Chunks are checked in parallel and judged in order.</summary>
internal sealed record CheckedChunk(RecordChunk Chunk, RecordCheck[] Records, PayloadFinding[] Payloads)
{
    public static CheckedChunk Check(RecordChunk chunk, RecordInspector inspector)
    {
        var records = ArrayPool<RecordCheck>.Shared.Rent(chunk.Frames.Count);
        var payloads = ArrayPool<PayloadFinding>.Shared.Rent(chunk.Frames.Count);
        for (var i = 0; i < chunk.Frames.Count; i++)
        {
            var frame = chunk.Frames[i];
            var bytes = chunk.Records.AsSpan(frame.Start, frame.Length);
            records[i] = inspector.Inspect(bytes);
            payloads[i] = PayloadFinding.Intact;
            if (frame.PayloadSize == 0 || !RecordView.TryParse(bytes, out var view)) continue;
            payloads[i] = frame.PayloadStart < 0 ? PayloadFinding.Missing : CheckPayload(inspector, view, chunk.Payloads.AsSpan(frame.PayloadStart, frame.PayloadSize));
        }

        return new CheckedChunk(chunk, records, payloads);
    }

    public int Count => Chunk.Frames.Count;

    /// <summary>Gives the memory to the next chunk; nobody looks at this one any more.</summary>
    public void Return()
    {
        Chunk.Return();
        ArrayPool<RecordCheck>.Shared.Return(Records);
        ArrayPool<PayloadFinding>.Shared.Return(Payloads);
    }

    /// <summary>The number of the entry that an erased payload names.</summary>
    public long ErasedBy(int index) => PayloadFrame.ErasedBy(Chunk.Payloads.AsSpan(Chunk.Frames[index].PayloadStart));

    private static PayloadFinding CheckPayload(RecordInspector inspector, RecordView view, ReadOnlySpan<byte> frame)
    {
        if (!PayloadFrame.IsFor(frame, view.Sequence)) return PayloadFinding.Altered;
        if (PayloadFrame.IsErased(frame)) return PayloadFrame.IsBlank(frame) ? PayloadFinding.Erased : PayloadFinding.Altered;
        return inspector.IsCommittedTo(view, PayloadFrame.Salt(frame), PayloadFrame.Content(frame)) ? PayloadFinding.Intact : PayloadFinding.Altered;
    }
}
