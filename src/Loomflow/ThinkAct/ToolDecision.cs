namespace Loomflow;

/// <summary>A tool that the model named for a step.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Arguments">What it is to be called with.</param>
/// <param name="Confidence">How sure the model is, from 0 to 1.</param>
/// <param name="Reasoning">Why, in its words.</param>
/// <param name="Skipped">Why the tool was not called; <see langword="null"/> when it was.</param>
public sealed record ToolDecision(string Tool, IReadOnlyDictionary<string, object?> Arguments, double Confidence, string Reasoning, string? Skipped = null);
