namespace Loomflow;

/// <summary>What is kept of a partition, at a glance.</summary>
/// <param name="Episodes">How many episodes there are.</param>
/// <param name="Facts">How many facts there are, those that no longer hold included.</param>
/// <param name="Blocks">How many working blocks there are.</param>
/// <param name="LatestSessions">Ids of the conversations with the newest episodes, newest first, at most 10.</param>
/// <param name="LatestFacts">The facts recorded last that hold now, newest first, at most 10.</param>
public sealed record MemoryProfile(
    int Episodes,
    int Facts,
    int Blocks,
    IReadOnlyList<string> LatestSessions,
    IReadOnlyList<Fact> LatestFacts);
