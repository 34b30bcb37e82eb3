namespace Loomflow;

/// <summary>A tool call inside an episode.</summary>
/// <param name="CallId">The model's id of the call.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments as a JSON object.</param>
/// <param name="Result">What the tool gave back, as text.</param>
public sealed record EpisodeToolCall(string CallId, string Name, string Arguments, string Result);
