namespace Loomflow;

/// <summary>A step of a <see cref="StepAgent"/> for a decisive action or transformation; see <see cref="AgentStepKind.Act"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class ActAttribute : AgentStepAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public ActAttribute() : base(AgentStepKind.Act)
    {
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public ActAttribute(string name) : base(AgentStepKind.Act, name)
    {
    }
}
