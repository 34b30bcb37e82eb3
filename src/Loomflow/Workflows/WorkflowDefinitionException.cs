namespace Loomflow;

/// <summary>A workflow's graph cannot work. Names every problem at once, each with its node.</summary>
public sealed class WorkflowDefinitionException : Exception
{
    /// <summary>Creates the exception.</summary>
    public WorkflowDefinitionException(string workflow, IReadOnlyList<string> problems)
        : base($"Workflow '{workflow}' has {problems?.Count} problem(s):{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", problems ?? [])}")
    {
        ArgumentNullException.ThrowIfNull(problems);
        Workflow = workflow;
        Problems = problems;
    }

    /// <summary>The workflow's name.</summary>
    public string Workflow { get; }

    /// <summary>Every problem, in words that name the way out.</summary>
    public IReadOnlyList<string> Problems { get; }
}
