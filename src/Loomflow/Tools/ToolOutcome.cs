namespace Loomflow;

/// <summary>What came of a tool call.</summary>
/// <param name="Text">What the model is told.</param>
/// <param name="Ok">Whether the call succeeded.</param>
/// <param name="Denied">Whether it was refused and not made.</param>
/// <param name="Error">What went wrong, or why it was refused.</param>
public readonly record struct ToolOutcome(string Text, bool Ok, bool Denied = false, string? Error = null)
{
    /// <summary>What the tool threw, for telemetry.</summary>
    internal Exception? Exception { get; init; }

    internal Failure Failure => Exception is { } thrown ? Failure.From(thrown) : new Failure { Type = Denied ? "denied" : "tool_error", Message = Error ?? Text };
}
