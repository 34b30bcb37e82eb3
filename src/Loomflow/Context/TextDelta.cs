namespace Loomflow;

/// <summary>A piece of a model's answer, as it arrives.</summary>
/// <param name="Path">The place in the run that produces it.</param>
/// <param name="Text">The piece.</param>
public readonly record struct TextDelta(string Path, string Text);
