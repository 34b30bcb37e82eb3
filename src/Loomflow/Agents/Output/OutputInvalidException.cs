namespace Loomflow;

/// <summary>An agent's answer did not fit its output schema, also after it had been told what was wrong.</summary>
public sealed class OutputInvalidException : Exception, IHasFailureKind
{
    internal OutputInvalidException(string agent, string schema, string answer, IReadOnlyList<string> problems)
        : base($"Agent '{agent}' did not give a valid {schema}: {string.Join("; ", problems)}. Raise AgentOptions.OutputRetries, or make the type simpler.")
    {
        Answer = answer;
        Problems = problems;
    }

    /// <summary>The last answer, as it came.</summary>
    public string Answer { get; }

    /// <summary>What was wrong with it, at most ten problems.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <inheritdoc />
    public FailureKind Kind => FailureKind.InvalidValue;
}
