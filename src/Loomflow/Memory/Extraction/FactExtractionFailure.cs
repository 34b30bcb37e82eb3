namespace Loomflow;

/// <summary>An episode that no facts were taken from.</summary>
/// <param name="Partition">Whose episode.</param>
/// <param name="EpisodeId">Which episode.</param>
/// <param name="Exception">What went wrong; <see langword="null"/> where too many were waiting, or memory was closed first.</param>
public sealed record FactExtractionFailure(PartitionKey Partition, string EpisodeId, Exception? Exception);
