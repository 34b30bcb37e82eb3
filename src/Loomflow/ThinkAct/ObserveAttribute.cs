namespace Loomflow;

/// <summary>A step of a <see cref="StepAgent"/> for gathering and extracting data; see <see cref="AgentStepKind.Observe"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class ObserveAttribute : AgentStepAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public ObserveAttribute() : base(AgentStepKind.Observe)
    {
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public ObserveAttribute(string name) : base(AgentStepKind.Observe, name)
    {
    }
}
