using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What came of an agent's run.</summary>
public record AgentResult
{
    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The conversation's id.</summary>
    public required string SessionId { get; init; }

    /// <summary>The answer; what there was of it when a limit stopped the agent.</summary>
    public required string Output { get; init; }

    /// <summary>The answer as a value, where the agent has an <see cref="AgentOptions.Output"/> schema and completed.</summary>
    public object? Value { get; init; }

    /// <summary>Why it stopped.</summary>
    public StopReason StopReason { get; init; }

    /// <summary>Which limit or guardrail stopped it, for example <c>max_tokens</c>; <see langword="null"/> when it completed.</summary>
    public string? StopDetail { get; init; }

    /// <summary>Whether it finished its answer.</summary>
    public bool IsComplete => StopReason == StopReason.Completed;

    /// <summary>How many times the model answered.</summary>
    public int Turns { get; init; }

    /// <summary>What it consumed, with the agents and workflows inside its tools.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it stopped.</summary>
    public DateTimeOffset CompletedAt { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration => CompletedAt - StartedAt;

    /// <summary>The conversation, without the instructions.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];
}
