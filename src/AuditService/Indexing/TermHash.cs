using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>What entries can be found by. A hash names a value in the index; what is found is compared with the value itself.</summary>
internal static class TermHash
{
    /// <summary>How many fields of an entry are indexed beside its event id.</summary>
    public const int Fields = 6;

    private const int EventText = 0;

    // Where the indexed fields stand among the texts of an entry: action, actor, partition, session, run, root run.
    private static ReadOnlySpan<byte> IndexedTexts => [1, 2, 3, 4, 5, 6];

    public static ulong Action(string value) => Text(0, value);

    public static ulong Actor(string value) => Text(1, value);

    public static ulong Partition(PartitionKey value) => Text(2, value.Encode());

    public static ulong Session(string value) => Text(3, value);

    public static ulong Run(string value) => Text(4, value);

    public static ulong RootRun(string value) => Text(5, value);

    /// <summary>The hashes of an encoded entry: <see cref="Fields"/> terms, 0 where a field is empty, and then its event id.</summary>
    public static bool TryHash(ReadOnlySpan<byte> encodedEntry, Span<ulong> hashes)
    {
        Span<Range> texts = stackalloc Range[12];
        if (!EntryCodec.TrySplit(encodedEntry, texts)) return false;
        for (var field = 0; field < Fields; field++)
        {
            var text = encodedEntry[texts[IndexedTexts[field]]];
            hashes[field] = text.IsEmpty ? 0 : Of(field, text);
        }

        hashes[Fields] = Of(Fields, encodedEntry[texts[EventText]]);
        return true;
    }

    /// <summary>The hashes of prepared entries.</summary>
    public static IndexEntry.TermHashes[] Of(PreparedEntry[] entries)
    {
        var hashes = new IndexEntry.TermHashes[entries.Length];
        for (var i = 0; i < entries.Length; i++) TryHash(entries[i].Encoded.Span, hashes[i]);
        return hashes;
    }

    public static ReadOnlySpan<byte> EventId(ReadOnlySpan<byte> encodedEntry)
    {
        Span<Range> texts = stackalloc Range[12];
        return EntryCodec.TrySplit(encodedEntry, texts) ? encodedEntry[texts[EventText]] : default;
    }

    private static ulong Text(int field, string value) => Of(field, System.Text.Encoding.UTF8.GetBytes(value));

    // Multiply and fold, eight bytes at a time. Written to disk, so it never changes; colliding on purpose gains nothing.
    private static ulong Of(int field, ReadOnlySpan<byte> bytes)
    {
        var hash = Mix((ulong)(field + 1), 0x9E3779B97F4A7C15) ^ (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), 0xD6E8FEB86659FD93);
        }

        ulong tail = 0;
        for (var i = 0; i < bytes.Length; i++) tail |= (ulong)bytes[i] << (8 * i);
        hash = Mix(hash ^ tail, 0xA0761D6478BD642F);
        return hash == 0 ? 1 : hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value, ulong by)
    {
        var high = Math.BigMul(value ^ by, by, out var low);
        return high ^ low ^ value;
    }
}
