using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>A run of records in one file, their payloads in another, and the index over both.</summary>
internal sealed class Segment(long firstSequence, SafeFileHandle records, SafeFileHandle payloads, ISegmentIndex index, long recordBytes, long payloadBytes) : IDisposable
{
    private volatile ISegmentIndex _index = index;
    private long _recordBytes = recordBytes;

    public long FirstSequence { get; } = firstSequence;

    public SafeFileHandle Records { get; } = records;

    public SafeFileHandle Payloads { get; } = payloads;

    public ISegmentIndex Index => _index;

    /// <summary>How many bytes of records are durable.</summary>
    public long RecordBytes
    {
        get => Volatile.Read(ref _recordBytes);
        set => Volatile.Write(ref _recordBytes, value);
    }

    /// <summary>How many bytes of payloads are durable; of interest to the writer only.</summary>
    public long PayloadBytes { get; set; } = payloadBytes;

    public static Segment Create(LogFiles files, long firstSequence)
    {
        const FileShare share = FileShare.ReadWrite | FileShare.Delete;
        var records = File.OpenHandle(files.Records(firstSequence), FileMode.CreateNew, FileAccess.ReadWrite, share);
        var payloads = File.OpenHandle(files.Payloads(firstSequence), FileMode.Create, FileAccess.ReadWrite, share);
        DirectorySync.Flush(files.Segments);
        return new Segment(firstSequence, records, payloads, new ActiveIndex(), 0, 0);
    }

    /// <summary>Replaces the index in memory by the file of the same content.</summary>
    public void Seal(SealedIndex sealedIndex) => _index = sealedIndex;

    /// <summary>The bytes of a record.</summary>
    public byte[] ReadRecord(int ordinal)
    {
        // The length before the index: records may be added meanwhile, and the index has them first.
        var length = RecordBytes;
        var index = _index;
        var start = index.Locate(ordinal).Record;
        var end = ordinal + 1 < index.Count ? index.Locate(ordinal + 1).Record : length;
        var record = new byte[end - start - AuditFormat.FrameHeaderSize];
        ReadExactly(Records, record, start + AuditFormat.FrameHeaderSize);
        return record;
    }

    /// <summary>The frame of a payload.</summary>
    public byte[] ReadPayload(int ordinal, int payloadLength)
    {
        var frame = new byte[PayloadFrame.Size(payloadLength)];
        ReadExactly(Payloads, frame, _index.Locate(ordinal).Payload);
        return frame;
    }

    public void Dispose()
    {
        Records.Dispose();
        Payloads.Dispose();
        _index.Dispose();
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0) throw new EndOfStreamException($"The segment ends at {offset}, inside a record.");
            buffer = buffer[read..];
            offset += read;
        }
    }
}
