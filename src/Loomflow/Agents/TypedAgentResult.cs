namespace Loomflow;

/// <summary>What came of an agent's run that was to give a <typeparamref name="T"/>.</summary>
public sealed record AgentResult<T> : AgentResult
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal AgentResult(AgentResult result) : base(result)
    {
    }

    /// <summary>The answer as a value.</summary>
    /// <exception cref="AgentStoppedException">The agent stopped before it finished its answer.</exception>
    public new T Value => IsComplete ? (T)base.Value! : throw new AgentStoppedException("agent", this);
}
