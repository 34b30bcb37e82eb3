namespace Loomflow;

/// <summary>
/// A kind of step of a <see cref="StepAgent"/>: how adventurous the model should be in it. These settings are the weakest: an agent's
/// <see cref="AgentOptions.Sampling"/>, the attribute's own and those of a call come first.
/// </summary>
/// <param name="Name">The name, by which tools are offered to a kind of step.</param>
public sealed record AgentStepKind(string Name)
{
    /// <summary>Analysis, planning, ideas: temperature 0.7, top-p 0.9.</summary>
    public static AgentStepKind Think { get; } = new("think") { Temperature = 0.7f, TopP = 0.9f };

    /// <summary>Decisive action or transformation: temperature 0.2, top-p 0.8.</summary>
    public static AgentStepKind Act { get; } = new("act") { Temperature = 0.2f, TopP = 0.8f };

    /// <summary>Gathering and extracting data: temperature 0.1, top-p 0.5.</summary>
    public static AgentStepKind Observe { get; } = new("observe") { Temperature = 0.1f, TopP = 0.5f };

    /// <summary>Summing up and combining results: temperature 0.4, top-p 0.7.</summary>
    public static AgentStepKind Synthesize { get; } = new("synthesize") { Temperature = 0.4f, TopP = 0.7f };

    /// <summary>The temperature that steps of this kind start from; <see langword="null"/> leaves it to the model.</summary>
    public float? Temperature { get; init; }

    /// <summary>The top-p that steps of this kind start from; <see langword="null"/> leaves it to the model.</summary>
    public float? TopP { get; init; }
}
