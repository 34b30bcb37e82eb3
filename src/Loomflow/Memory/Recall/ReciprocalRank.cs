using System.Runtime.InteropServices;

namespace Loomflow;

/// <summary>
/// Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009) with k = 60, scaled so that the first of a list counts 1: rankings are merged by
/// place, so that scores on different scales need no comparison.
/// </summary>
internal static class ReciprocalRank
{
    private const double K = 60;

    /// <summary>What a place counts; <paramref name="rank"/> is from 0.</summary>
    private static double Of(int rank) => (K + 1) / (K + 1 + rank);

    /// <summary>Adds what the places in a ranking count.</summary>
    public static void Fuse<TKey>(Dictionary<TKey, double> fused, IReadOnlyList<TKey> ranked, double weight)
        where TKey : notnull
    {
        for (var rank = 0; rank < ranked.Count; rank++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(fused, ranked[rank], out _) += weight * Of(rank);
        }
    }
}
