namespace Loomflow;

/// <summary>Something found in memory.</summary>
/// <param name="Item">What was found.</param>
/// <param name="Score">How well it matches: 1 is first by words and by meaning, near 0 is last by one of them. 1 throughout for a query without text.</param>
public readonly record struct Recalled<T>(T Item, double Score);
