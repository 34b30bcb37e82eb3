namespace Loomflow;

/// <summary>Finds the facts in an exchange that are worth knowing later.</summary>
public interface IFactExtractor
{
    /// <summary>The facts in an episode; empty where there are none.</summary>
    ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(Episode episode, CancellationToken cancellationToken = default);
}
