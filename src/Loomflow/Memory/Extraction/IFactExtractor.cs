namespace Loomflow;

/// <summary>Finds the facts in an exchange that are worth knowing later.</summary>
public interface IFactExtractor
{
    /// <summary>The facts in an episode; empty where there are none.</summary>
    /// <param name="partition">Whose episode: what finding the facts costs is theirs.</param>
    /// <param name="episode">The episode.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default);
}
