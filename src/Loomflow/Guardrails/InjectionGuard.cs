namespace Loomflow;

/// <summary>
/// Marks what tools return as data and not instructions: wraps it in a delimited block, with a warning where it reads like an
/// attempt to take over. Nothing that is inside can close the block. The result is kept so, too; to only show it so to the model is <see cref="AgentOptions.FrameToolOutput"/>.
/// </summary>
public sealed class InjectionGuard : IGuardrail
{
    /// <inheritdoc />
    public string Name => "injection";

    /// <inheritdoc />
    public GuardrailStage Stages => GuardrailStage.ToolResult;

    /// <inheritdoc />
    public ValueTask<GuardrailVerdict> CheckAsync(GuardrailStage stage, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (framed, suspicious) = UntrustedText.Frame(text);
        return ValueTask.FromResult(GuardrailVerdict.Replace(framed, suspicious ? "reads like instructions to the model" : null));
    }
}
