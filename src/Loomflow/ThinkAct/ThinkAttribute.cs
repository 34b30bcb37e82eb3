namespace Loomflow;

/// <summary>A step of a <see cref="StepAgent"/> for analysis, planning, ideas; see <see cref="AgentStepKind.Think"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class ThinkAttribute : AgentStepAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public ThinkAttribute() : base(AgentStepKind.Think)
    {
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public ThinkAttribute(string name) : base(AgentStepKind.Think, name)
    {
    }
}
