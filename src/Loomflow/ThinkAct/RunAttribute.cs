namespace Loomflow;

/// <summary>
/// Marks the method of a <see cref="StepAgent"/> that runs it, instead of its steps in order of declaration. The method calls steps with
/// <see cref="StepAgent.StepAsync(Delegate, object?[])"/>. It can take the input, a <see cref="StepContext"/> and a <see cref="CancellationToken"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RunAttribute : Attribute
{
    /// <summary>What the agent does, for other agents that have it as a tool; <see cref="AgentOptions.Description"/> comes first.</summary>
    public string? Description { get; set; }
}
