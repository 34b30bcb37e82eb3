using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>A tool of a <see cref="StepAgent"/> and the kinds of step that it is offered to.</summary>
/// <param name="Function">The tool.</param>
/// <param name="Kinds">The names of kinds, for example <c>act</c>; every kind where none is given.</param>
public sealed record ScopedTool(AIFunction Function, params IReadOnlyList<string> Kinds)
{
    /// <summary>A tool for every kind of step.</summary>
    public static implicit operator ScopedTool(AIFunction function) => FromAIFunction(function);

    /// <summary>A tool for every kind of step.</summary>
    public static ScopedTool FromAIFunction(AIFunction function) => new(function);

    internal bool IsFor(AgentStepKind kind) => Kinds.Count == 0 || Kinds.Contains(kind.Name);
}
