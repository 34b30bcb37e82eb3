namespace Loomflow;

/// <summary>A tool call ended: with a result, with an error that the model is told, or denied.</summary>
public sealed record ToolReturned : RunEvent
{
    /// <summary>The model's id for the call.</summary>
    public required string CallId { get; init; }

    /// <summary>The tool's name.</summary>
    public required string Tool { get; init; }

    /// <summary>The text that the model is told.</summary>
    public Payload Result { get; init; }

    /// <summary>Whether it succeeded.</summary>
    public bool Ok { get; init; }

    /// <summary>Whether a hook, a policy or a person refused it, so that it was not made.</summary>
    public bool Denied { get; init; }

    /// <summary>What went wrong or why it was refused.</summary>
    public string? Error { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What agents and workflows inside the tool consumed.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The turn, from 0.</summary>
    public int Turn { get; init; }
}
