namespace Loomflow;

/// <summary>A step is about to be carried out. Journaled before it begins.</summary>
public sealed record StepStarted : RunEvent
{
    private Payload _input;

    /// <summary>What it was given.</summary>
    public Payload Input { get => _input; init => _input = value; }

    /// <summary>The worker that it was sent to, or <see langword="null"/> where it runs beside the engine.</summary>
    public string? Worker { get; init; }

    /// <summary>Whether it is a <c>[Step]</c> inside another step rather than a node of the graph.</summary>
    public bool Inline { get; init; }

    internal StepStarted Of(string path, int visit, int attempt, Payload input)
    {
        MoveTo(path, visit, attempt);
        _input = input;
        return this;
    }
}
