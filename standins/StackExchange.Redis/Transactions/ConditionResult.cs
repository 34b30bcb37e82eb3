namespace StackExchange.Redis;

public sealed class ConditionResult
{
    internal ConditionResult(Condition condition) => Condition = condition;

    /// <summary>Whether the condition held; of meaning once the transaction was executed.</summary>
    public bool WasSatisfied { get; internal set; }

    internal Condition Condition { get; }
}
