namespace Loomflow;

/// <summary>What a query may ask for.</summary>
internal static class QueryBounds
{
    public const int MaxLimit = 1_000;

    public static void Validate(string text, int limit, int skip, double alpha)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfLessThan(alpha, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(alpha, 1);
    }
}
