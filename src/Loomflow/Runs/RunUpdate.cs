namespace Loomflow;

/// <summary>One item of a run's stream: an event, or a piece of a model's answer between two events.</summary>
public readonly record struct RunUpdate
{
    private readonly TextDelta _delta;

    /// <summary>An event.</summary>
    public RunUpdate(RunEvent runEvent) => Event = runEvent;

    /// <summary>A piece of a model's answer.</summary>
    public RunUpdate(TextDelta delta) => _delta = delta;

    /// <summary>The event, or <see langword="null"/> when this is a piece of text.</summary>
    public RunEvent? Event { get; }

    /// <summary>The piece of text, or <see langword="null"/> when this is an event.</summary>
    public TextDelta? Delta => Event is null ? _delta : null;
}
