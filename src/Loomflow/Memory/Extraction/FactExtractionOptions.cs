namespace Loomflow;

/// <summary>How facts are taken from episodes in the background.</summary>
public sealed record FactExtractionOptions
{
    /// <summary>Episodes that may wait. Those that find no place are remembered all the same, and no facts are taken from them. 1,000.</summary>
    public int Capacity { get; init; } = 1_000;

    /// <summary>How many episodes are worked on at once. 2.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>How long one episode may take. 60 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long closing waits for what is waiting; the rest is dropped and counted. 30 seconds.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Facts taken from one episode at most. 20.</summary>
    public int MaxFactsPerEpisode { get; init; } = 20;

    /// <summary>Is told of each episode that failed or found no place, besides log and metrics. Called in the background; what it throws is ignored.</summary>
    public Action<FactExtractionFailure>? OnFailure { get; init; }

    internal FactExtractionOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFactsPerEpisode, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        return this;
    }
}
