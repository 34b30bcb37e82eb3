namespace Loomflow;

/// <summary>How taking facts from episodes goes in this process.</summary>
/// <param name="Waiting">Episodes that wait.</param>
/// <param name="Extracted">Episodes that were worked on.</param>
/// <param name="Failed">Episodes whose extraction failed.</param>
/// <param name="Dropped">Episodes that found no place, or were given up when memory was closed.</param>
/// <param name="LastFailure">The type of what went wrong with the latest episode; <see langword="null"/> when nothing did.</param>
public sealed record FactExtractionStatus(int Waiting, long Extracted, long Failed, long Dropped, string? LastFailure);
