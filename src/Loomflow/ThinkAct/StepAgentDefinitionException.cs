namespace Loomflow;

/// <summary>A class of steps contradicts itself. Holds everything that is wrong with it, each with its way out.</summary>
public sealed class StepAgentDefinitionException : Exception
{
    internal StepAgentDefinitionException(string agent, IReadOnlyList<string> problems)
        : base($"'{agent}' cannot be an agent:{Environment.NewLine}- {string.Join($"{Environment.NewLine}- ", problems)}") => Problems = problems;

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<string> Problems { get; }
}
