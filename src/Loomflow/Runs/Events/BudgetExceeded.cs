namespace Loomflow;

/// <summary>A budget stopped an agent, or is close to doing so.</summary>
public sealed record BudgetExceeded : RunEvent
{
    /// <summary>Which limit, for example <c>max_tokens</c> or <c>user_max_cost</c>.</summary>
    public required string Limit { get; init; }

    /// <summary>Whether this is only the warning before the limit.</summary>
    public bool Warning { get; init; }
}
