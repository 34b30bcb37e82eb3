namespace Loomflow;

/// <summary>Gives a parameter of a step the result of the step with this name, wherever in the order it ran.</summary>
/// <param name="step">The name of an earlier step.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromStepAttribute(string step) : Attribute
{
    /// <summary>The step's name.</summary>
    public string Step { get; } = step;
}
