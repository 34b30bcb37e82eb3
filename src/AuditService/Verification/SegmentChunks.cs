using System.Buffers;
using System.Buffers.Binary;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>Cuts a segment into chunks, in constant memory.</summary>
internal sealed class SegmentChunks(LogFiles files, int segmentIndex, long firstSequence) : IDisposable
{
    private const int ChunkBytes = 512 * 1024;
    private const int PayloadLengthOffset = 114;

    private readonly SafeFileHandle _records = Open(files.Records(firstSequence));
    private readonly SafeFileHandle? _payloads = File.Exists(files.Payloads(firstSequence)) ? Open(files.Payloads(firstSequence)) : null;

    /// <summary>How the segment ends; known after the last chunk.</summary>
    public FrameStatus End { get; private set; } = FrameStatus.Record;

    /// <summary>How many bytes of an incomplete frame are at the end.</summary>
    public long TornBytes { get; private set; }

    public IEnumerable<RecordChunk> Read()
    {
        var reader = new FrameReader(_records, RandomAccess.GetLength(_records));
        var payloadLength = _payloads is null ? 0 : RandomAccess.GetLength(_payloads);
        var payloadOffset = 0L;
        while (End == FrameStatus.Record)
        {
            var records = ArrayPool<byte>.Shared.Rent(ChunkBytes);
            var frames = new List<RecordChunk.Frame>(1024);
            var used = 0;
            var chunkPayload = payloadOffset;
            while (used < ChunkBytes - AuditFormat.MaxRecordBytes && payloadOffset - chunkPayload < ChunkBytes)
            {
                var offset = reader.Offset;
                End = reader.Read(out var record);
                if (End == FrameStatus.Damaged) frames.Add(new RecordChunk.Frame(offset, 0, 0, -1, 0));
                if (End == FrameStatus.Torn) TornBytes = reader.Remaining;
                if (End != FrameStatus.Record) break;
                record.CopyTo(records.AsSpan(used));
                var size = PayloadSize(record);
                var available = size > 0 && payloadOffset + size <= payloadLength;
                frames.Add(new RecordChunk.Frame(offset, used, record.Length, available ? (int)(payloadOffset - chunkPayload) : -1, size));
                payloadOffset += size;
                used += record.Length;
            }

            if (frames.Count == 0) yield break;
            yield return new RecordChunk { SegmentIndex = segmentIndex, Records = records, Payloads = ReadPayloads(chunkPayload, Math.Min(payloadOffset, payloadLength)), Frames = frames };
        }
    }

    public void Dispose()
    {
        _records.Dispose();
        _payloads?.Dispose();
    }

    private byte[] ReadPayloads(long start, long end)
    {
        if (_payloads is null || end <= start) return [];
        var length = (int)(end - start);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        for (var read = 0; read < length;)
        {
            var count = RandomAccess.Read(_payloads, bytes.AsSpan(read, length - read), start + read);
            if (count == 0)
            {
                bytes.AsSpan(read, length - read).Clear();
                break;
            }

            read += count;
        }

        return bytes;
    }

    // The length as the record states it; when that is damaged, so is the record, and its payload does not matter any more.
    private static int PayloadSize(ReadOnlySpan<byte> record)
    {
        if (record.Length < PayloadLengthOffset + 4) return 0;
        var length = BinaryPrimitives.ReadInt32BigEndian(record[PayloadLengthOffset..]);
        return length is > 0 and <= 64 * 1024 * 1024 ? PayloadFrame.Size(length) : 0;
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
}
