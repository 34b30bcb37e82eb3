namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>
/// The file of a <see cref="SealedIndex"/>, little-endian: a header of 128 bytes, and then, each aligned to 64 bytes,
/// locations (2 × u32 per record), event hashes (sorted u64), their ordinals (u32), a Bloom filter over them in blocks of one
/// cache line, term hashes (sorted u64), where their postings begin (u32, one more than terms), and the postings (u32).
/// </summary>
internal static class SealedIndexFormat
{
    public const int HeaderSize = 128;
    public const int CountOffset = 8;
    public const int TermsOffset = 12;
    public const int PostingsOffset = 16;
    public const int BloomBlocksOffset = 20;
    public const int MinTimeOffset = 24;
    public const int MaxTimeOffset = 32;
    public const int RecordBytesOffset = 40;
    public const int PayloadBytesOffset = 48;
    public const int FirstSequenceOffset = 56;
    public const int LastLeafOffset = 64;

    public const int BloomBlockBytes = 64;

    private const int EntriesPerBloomBlock = 40;
    private const int BloomProbes = 6;

    public static ReadOnlySpan<byte> Magic => "LFAIDX01"u8;

    public static int BloomBlocks(int count) => Math.Max(1, (count + EntriesPerBloomBlock - 1) / EntriesPerBloomBlock);

    public static Sections Layout(int count, int terms, int postings, int bloomBlocks)
    {
        var locations = HeaderSize;
        var events = Align(locations + (8L * count));
        var eventOrdinals = Align(events + (8L * count));
        var bloom = Align(eventOrdinals + (4L * count));
        var termHashes = Align(bloom + ((long)BloomBlockBytes * bloomBlocks));
        var termStarts = Align(termHashes + (8L * terms));
        var postingsAt = Align(termStarts + (4L * (terms + 1)));
        return new Sections(locations, events, eventOrdinals, bloom, termHashes, termStarts, postingsAt, Align(postingsAt + (4L * postings)));
    }

    public static int BloomBlock(ulong hash, int blocks) => (int)Math.BigMul(hash, (ulong)blocks, out _);

    public static void BloomAdd(Span<byte> block, ulong hash)
    {
        for (var probe = 0; probe < BloomProbes; probe++)
        {
            var bit = Bit(hash, probe);
            block[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    public static bool BloomContains(ReadOnlySpan<byte> block, ulong hash)
    {
        for (var probe = 0; probe < BloomProbes; probe++)
        {
            var bit = Bit(hash, probe);
            if ((block[bit >> 3] & (1 << (bit & 7))) == 0) return false;
        }

        return true;
    }

    // Nine bits per probe; the block is chosen by the high bits, so the low ones are still unused.
    private static int Bit(ulong hash, int probe) => (int)(hash >> (9 * probe)) & 511;

    private static long Align(long offset) => (offset + 63) & ~63L;

    internal readonly record struct Sections(long Locations, long Events, long EventOrdinals, long Bloom, long Terms, long TermStarts, long Postings, long End);
}
