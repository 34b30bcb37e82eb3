namespace Loomflow;

/// <summary>Sees every tool call before and after it is made.</summary>
/// <remarks>Hooks can only make things stricter: allowing is having no opinion, and permissions and approval still apply.</remarks>
public interface IToolHook
{
    /// <summary>Has a say before the call. A hook that throws, or takes longer than <see cref="AgentOptions.HookTimeout"/>, has denied it.</summary>
    ValueTask<HookVerdict> BeforeAsync(ToolCall call, CancellationToken cancellationToken) => ValueTask.FromResult(HookVerdict.NoOpinion);

    /// <summary>Looks at what came of the call. What it throws is reported as an event and changes nothing.</summary>
    ValueTask AfterAsync(ToolCall call, ToolOutcome outcome, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
