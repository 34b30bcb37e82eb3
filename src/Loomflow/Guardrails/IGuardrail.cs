namespace Loomflow;

/// <summary>Looks at texts that go into or come out of an agent. A guardrail that throws fails the run: nothing passes unseen.</summary>
public interface IGuardrail
{
    /// <summary>The name in events and stop reasons.</summary>
    string Name { get; }

    /// <summary>Where it looks.</summary>
    GuardrailStage Stages { get; }

    /// <summary>Judges a text.</summary>
    ValueTask<GuardrailVerdict> CheckAsync(GuardrailStage stage, string text, CancellationToken cancellationToken);
}
