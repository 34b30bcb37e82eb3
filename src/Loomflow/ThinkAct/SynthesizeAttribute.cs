namespace Loomflow;

/// <summary>A step of a <see cref="StepAgent"/> for summing up and combining results; see <see cref="AgentStepKind.Synthesize"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class SynthesizeAttribute : AgentStepAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public SynthesizeAttribute() : base(AgentStepKind.Synthesize)
    {
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public SynthesizeAttribute(string name) : base(AgentStepKind.Synthesize, name)
    {
    }
}
