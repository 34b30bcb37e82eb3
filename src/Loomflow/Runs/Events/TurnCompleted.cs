namespace Loomflow;

/// <summary>A model answered: one turn of an agent. Holds all that is needed to go on from here in another process.</summary>
public sealed record TurnCompleted : RunEvent
{
    /// <summary>The turn, from 0.</summary>
    public int Turn { get; init; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; init; }

    /// <summary>The messages that the turn added to the conversation, as Microsoft.Extensions.AI writes them.</summary>
    public Payload Messages { get; init; }

    /// <summary>What the call consumed.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>Why the model stopped: <c>stop</c>, <c>tool_calls</c>, <c>length</c>, <c>content_filter</c>.</summary>
    public string? FinishReason { get; init; }
}
