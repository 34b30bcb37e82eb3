namespace Loomflow;

/// <summary>An earlier run of a <see cref="StepAgent"/> in the same session.</summary>
/// <param name="Input">What it was given.</param>
/// <param name="Output">What it gave.</param>
/// <param name="Results">What its steps gave, by name.</param>
public sealed record Interaction(string Input, string Output, IReadOnlyDictionary<string, object?> Results);
