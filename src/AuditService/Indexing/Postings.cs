using System.Runtime.InteropServices;

namespace Loomflow.Aspire.AuditService.Indexing;

/// <summary>Which records have which term: the terms ascending, and for each the ordinals ascending.</summary>
/// <param name="Terms">The terms.</param>
/// <param name="Starts">Where each term's ordinals begin, and at last where they end.</param>
/// <param name="Ordinals">The ordinals of all terms, one term after the other.</param>
internal sealed record Postings(ulong[] Terms, int[] Starts, int[] Ordinals)
{
    // Counted and then put in place: sorting all pairs took longer than writing the segment.
    public static Postings Of(ReadOnlySpan<IndexEntry> entries)
    {
        var places = new Dictionary<ulong, int>();
        foreach (ref readonly var entry in entries)
        {
            for (var field = 0; field < TermHash.Fields; field++)
            {
                if (entry.Terms[field] != 0) CollectionsMarshal.GetValueRefOrAddDefault(places, entry.Terms[field], out _)++;
            }
        }

        ulong[] terms = [.. places.Keys];
        Array.Sort(terms);
        var starts = new int[terms.Length + 1];
        for (var i = 0; i < terms.Length; i++)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(places, terms[i]);
            starts[i + 1] = starts[i] + count;
            count = starts[i];
        }

        var ordinals = new int[starts[^1]];
        for (var ordinal = 0; ordinal < entries.Length; ordinal++)
        {
            for (var field = 0; field < TermHash.Fields; field++)
            {
                if (entries[ordinal].Terms[field] is not 0 and var term) ordinals[CollectionsMarshal.GetValueRefOrNullRef(places, term)++] = ordinal;
            }
        }

        return new Postings(terms, starts, ordinals);
    }
}
