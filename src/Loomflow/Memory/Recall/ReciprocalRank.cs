namespace Loomflow;

/// <summary>
/// Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009) with k = 60, scaled so that the first of a list counts 1: rankings are merged by
/// place, so that scores on different scales need no comparison.
/// </summary>
internal static class ReciprocalRank
{
    private const double K = 60;

    /// <summary>What a place counts; <paramref name="rank"/> is from 0.</summary>
    public static double Of(int rank) => (K + 1) / (K + 1 + rank);
}
