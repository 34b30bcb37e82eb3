namespace Loomflow.ThinkAct;

/// <summary>Something that an agent's class says that cannot be.</summary>
/// <param name="Id">The diagnostic's id; docs/diagnostics.md says more on each.</param>
/// <param name="Method">The method, or <see langword="null"/> for the class.</param>
/// <param name="Message">What is wrong and the way out.</param>
internal sealed record StepProblem(string Id, string? Method, string Message);
