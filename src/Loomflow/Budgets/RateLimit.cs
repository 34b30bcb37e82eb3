namespace Loomflow;

/// <summary>A token bucket: how often something may be done.</summary>
/// <param name="Name">Names the bucket. Limits of different names count apart.</param>
/// <param name="PerSecond">How many a second in the long run; more than 0.</param>
/// <param name="Burst">How many at once after a pause; at least 1.</param>
public sealed record RateLimit(string Name, double PerSecond, int Burst = 1)
{
    /// <summary>How long it takes until there is one more.</summary>
    internal TimeSpan Interval => TimeSpan.FromSeconds(1 / PerSecond);

    internal RateLimit Validated()
    {
        Validate();
        return this;
    }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        ArgumentOutOfRangeException.ThrowIfLessThan(Burst, 1);
        if (!(PerSecond is >= 1e-6 and <= 1e6)) throw new ArgumentOutOfRangeException(nameof(PerSecond), PerSecond, "A rate is between a millionth and a million per second.");
    }
}
