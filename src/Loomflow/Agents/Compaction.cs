using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Keeps a long conversation within a model's window: turns that are far back become one summary.</summary>
public sealed record Compaction
{
    /// <summary>Tokens (estimated as a quarter of the characters) from which the conversation is compacted.</summary>
    public required int AboveTokens
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "AboveTokens must be more than zero.");
    }

    /// <summary>Turns at the end that stay as they are, from 1.</summary>
    public int KeepTurns
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "KeepTurns must be at least 1.");
    } = 4;

    /// <summary>The model that writes the summary; the agent's own when left out. If it fails, the conversation stays as it is.</summary>
    public IChatClient? Summarizer { get; init; }
}
