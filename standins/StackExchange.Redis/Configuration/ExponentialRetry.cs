namespace StackExchange.Redis;

/// <summary>Waits at least the delta, and at most the delta grown by a tenth for every attempt.</summary>
public class ExponentialRetry : IReconnectRetryPolicy
{
    private readonly int _delta;
    private readonly int _maximum;

    public ExponentialRetry(int deltaBackOffMilliseconds)
        : this(deltaBackOffMilliseconds, Math.Max(deltaBackOffMilliseconds, 10_000))
    {
    }

    public ExponentialRetry(int deltaBackOffMilliseconds, int maxDeltaBackOffMilliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deltaBackOffMilliseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDeltaBackOffMilliseconds, deltaBackOffMilliseconds);
        _delta = deltaBackOffMilliseconds;
        _maximum = maxDeltaBackOffMilliseconds;
    }

    public bool ShouldRetry(long currentRetryCount, int timeElapsedMillisecondsSinceLastRetry)
    {
        var grown = (int)Math.Min(_maximum, _delta * Math.Pow(1.1, currentRetryCount));
        return timeElapsedMillisecondsSinceLastRetry >= Random.Shared.Next(_delta, Math.Max(_delta, grown) + 1);
    }
}
