namespace Loomflow;

/// <summary>A person or a hook changed a tool call's arguments before it was made.</summary>
public sealed record ToolCallEdited : RunEvent
{
    /// <summary>The model's id for the call.</summary>
    public required string CallId { get; init; }

    /// <summary>The tool's name.</summary>
    public required string Tool { get; init; }

    /// <summary>What the model asked for.</summary>
    public Payload Original { get; init; }

    /// <summary>What it is called with instead.</summary>
    public Payload Edited { get; init; }

    /// <summary>Who changed it.</summary>
    public string? By { get; init; }
}
