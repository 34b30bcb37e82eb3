using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>The index of a segment that is complete: an immutable file, mapped and not loaded. Derived from the segment, and built again when it is missing.</summary>
internal sealed unsafe class SealedIndex : ISegmentIndex
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _base;
    private readonly SealedIndexFormat.Sections _sections;
    private readonly int _terms;
    private readonly int _bloomBlocks;
    private int _disposed;

    private SealedIndex(string path, long length)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
        var header = new ReadOnlySpan<byte>(_base, SealedIndexFormat.HeaderSize);
        Count = Int32(header, SealedIndexFormat.CountOffset);
        _terms = Int32(header, SealedIndexFormat.TermsOffset);
        _bloomBlocks = Int32(header, SealedIndexFormat.BloomBlocksOffset);
        MinRecordedAt = Int64(header, SealedIndexFormat.MinTimeOffset);
        MaxRecordedAt = Int64(header, SealedIndexFormat.MaxTimeOffset);
        RecordBytes = Int64(header, SealedIndexFormat.RecordBytesOffset);
        PayloadBytes = Int64(header, SealedIndexFormat.PayloadBytesOffset);
        LastLeaf = new Digest(header.Slice(SealedIndexFormat.LastLeafOffset, Digest.Size));
        _sections = SealedIndexFormat.Layout(Count, _terms, Int32(header, SealedIndexFormat.PostingsOffset), _bloomBlocks);
    }

    public int Count { get; }

    public long MinRecordedAt { get; }

    public long MaxRecordedAt { get; }

    public long RecordBytes { get; }

    public long PayloadBytes { get; }

    public Digest LastLeaf { get; }

    /// <summary>Opens the index of a segment; null if it is missing or not of that segment.</summary>
    public static SealedIndex? TryOpen(LogFiles files, long firstSequence)
    {
        var info = new FileInfo(files.Index(firstSequence));
        if (!info.Exists || info.Length < SealedIndexFormat.HeaderSize) return null;
        Span<byte> header = stackalloc byte[SealedIndexFormat.HeaderSize];
        using (var stream = info.OpenRead()) stream.ReadExactly(header);
        var valid = header.StartsWith(SealedIndexFormat.Magic)
            && Int64(header, SealedIndexFormat.FirstSequenceOffset) == firstSequence
            && Int32(header, SealedIndexFormat.CountOffset) > 0
            && SealedIndexFormat.Layout(
                Int32(header, SealedIndexFormat.CountOffset), Int32(header, SealedIndexFormat.TermsOffset), Int32(header, SealedIndexFormat.PostingsOffset),
                Int32(header, SealedIndexFormat.BloomBlocksOffset)).End == info.Length
            && new FileInfo(files.Records(firstSequence)).Length == Int64(header, SealedIndexFormat.RecordBytesOffset)
            && new FileInfo(files.Payloads(firstSequence)) is { Exists: true } payloads
            && payloads.Length == Int64(header, SealedIndexFormat.PayloadBytesOffset);
        return valid ? new SealedIndex(info.FullName, info.Length) : null;
    }

    /// <summary>Writes the index of a complete segment, under another name first so that it is there whole or not at all.</summary>
    public static void Write(LogFiles files, long firstSequence, IndexEntry[] entries, long recordBytes, long payloadBytes, in Digest lastLeaf)
    {
        var postings = Postings.Of(entries);
        var bloomBlocks = SealedIndexFormat.BloomBlocks(entries.Length);
        var sections = SealedIndexFormat.Layout(entries.Length, postings.Terms.Length, postings.Ordinals.Length, bloomBlocks);
        var bytes = new byte[sections.End];

        SealedIndexFormat.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SealedIndexFormat.CountOffset), entries.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SealedIndexFormat.TermsOffset), postings.Terms.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SealedIndexFormat.PostingsOffset), postings.Ordinals.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SealedIndexFormat.BloomBlocksOffset), bloomBlocks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(SealedIndexFormat.MinTimeOffset), entries.Min(entry => entry.RecordedAt));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(SealedIndexFormat.MaxTimeOffset), entries.Max(entry => entry.RecordedAt));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(SealedIndexFormat.RecordBytesOffset), recordBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(SealedIndexFormat.PayloadBytesOffset), payloadBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(SealedIndexFormat.FirstSequenceOffset), firstSequence);
        lastLeaf.AsSpan().CopyTo(bytes.AsSpan(SealedIndexFormat.LastLeafOffset));

        WriteLocations(bytes.AsSpan((int)sections.Locations), entries);
        WriteEvents(bytes, sections, entries, bloomBlocks);
        MemoryMarshal.AsBytes(postings.Terms.AsSpan()).CopyTo(bytes.AsSpan((int)sections.Terms));
        MemoryMarshal.AsBytes(postings.Starts.AsSpan()).CopyTo(bytes.AsSpan((int)sections.TermStarts));
        MemoryMarshal.AsBytes(postings.Ordinals.AsSpan()).CopyTo(bytes.AsSpan((int)sections.Postings));

        var path = files.Index(firstSequence);
        using (var file = File.OpenHandle(path + ".new", FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, bytes, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    public (long Record, long Payload) Locate(int ordinal)
    {
        var locations = Span<uint>(_sections.Locations, 2 * Count);
        return (locations[2 * ordinal], locations[(2 * ordinal) + 1]);
    }

    public int[] Find(ulong term)
    {
        var index = Span<ulong>(_sections.Terms, _terms).BinarySearch(term);
        if (index < 0) return [];
        var starts = Span<uint>(_sections.TermStarts, _terms + 1);
        var (start, end) = ((int)starts[index], (int)starts[index + 1]);
        return Span<int>(_sections.Postings, end)[start..].ToArray();
    }

    public int[] FindEvent(ulong eventHash)
    {
        var block = SealedIndexFormat.BloomBlock(eventHash, _bloomBlocks);
        if (!SealedIndexFormat.BloomContains(Span<byte>(_sections.Bloom + ((long)block * SealedIndexFormat.BloomBlockBytes), SealedIndexFormat.BloomBlockBytes), eventHash)) return [];

        var hashes = Span<ulong>(_sections.Events, Count);
        var index = hashes.BinarySearch(eventHash);
        if (index < 0) return [];
        while (index > 0 && hashes[index - 1] == eventHash) index--;
        var ordinals = Span<int>(_sections.EventOrdinals, Count);
        var found = new List<int>(1);
        for (; index < hashes.Length && hashes[index] == eventHash; index++) found.Add(ordinals[index]);
        return [.. found];
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ReadOnlySpan<T> Span<T>(long offset, int count) where T : unmanaged => new(_base + offset, count);

    private static void WriteLocations(Span<byte> target, IndexEntry[] entries)
    {
        var locations = MemoryMarshal.Cast<byte, uint>(target);
        for (var i = 0; i < entries.Length; i++)
        {
            locations[2 * i] = entries[i].RecordOffset;
            locations[(2 * i) + 1] = entries[i].PayloadOffset;
        }
    }

    private static void WriteEvents(byte[] bytes, SealedIndexFormat.Sections sections, IndexEntry[] entries, int bloomBlocks)
    {
        var hashes = new ulong[entries.Length];
        var ordinals = new int[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            (hashes[i], ordinals[i]) = (entries[i].Terms[TermHash.Fields], i);
            var block = sections.Bloom + ((long)SealedIndexFormat.BloomBlock(hashes[i], bloomBlocks) * SealedIndexFormat.BloomBlockBytes);
            SealedIndexFormat.BloomAdd(bytes.AsSpan((int)block, SealedIndexFormat.BloomBlockBytes), hashes[i]);
        }

        Array.Sort(hashes, ordinals);
        MemoryMarshal.AsBytes(hashes.AsSpan()).CopyTo(bytes.AsSpan((int)sections.Events));
        MemoryMarshal.AsBytes(ordinals.AsSpan()).CopyTo(bytes.AsSpan((int)sections.EventOrdinals));
    }

    private static int Int32(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadInt32LittleEndian(header[offset..]);

    private static long Int64(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadInt64LittleEndian(header[offset..]);
}
