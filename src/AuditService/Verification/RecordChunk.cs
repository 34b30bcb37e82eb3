using System.Buffers;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>Consecutive frames of one segment with the payloads that belong to them, read together to be checked together.</summary>
internal sealed class RecordChunk
{
    public required int SegmentIndex { get; init; }

    public required byte[] Records { get; init; }

    public required byte[] Payloads { get; init; }

    public required List<Frame> Frames { get; init; }

    /// <summary>Gives the memory to the next chunk; nobody looks at this one any more.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(Records);
        ArrayPool<byte>.Shared.Return(Payloads);
    }

    /// <param name="FileOffset">Where the frame begins in the segment.</param>
    /// <param name="Start">Where the record begins in <see cref="Records"/>.</param>
    /// <param name="Length">The length of the record; 0 for a frame header that is none.</param>
    /// <param name="PayloadStart">Where the payload's frame begins in <see cref="Payloads"/>; -1 if the file ends before it.</param>
    /// <param name="PayloadSize">The size of the payload's frame.</param>
    internal readonly record struct Frame(long FileOffset, int Start, int Length, int PayloadStart, int PayloadSize);
}
