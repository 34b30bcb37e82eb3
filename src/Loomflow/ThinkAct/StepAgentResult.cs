namespace Loomflow;

/// <summary>What came of a <see cref="StepAgent"/>'s run. <see cref="AgentResult.Value"/> is the last step's result, <see cref="AgentResult.Output"/> its text.</summary>
public sealed record StepAgentResult : AgentResult
{
    /// <summary>The results of all steps by name; of one that ran several times, the latest.</summary>
    public required IReadOnlyDictionary<string, object?> Results { get; init; }

    /// <summary>The last step's result as a <typeparamref name="T"/>.</summary>
    /// <exception cref="PayloadException">It is something else.</exception>
    public T? As<T>() => (T?)ThinkAct.StepValue.Convert(Value, typeof(T));
}
