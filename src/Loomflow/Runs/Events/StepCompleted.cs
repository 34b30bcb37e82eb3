namespace Loomflow;

/// <summary>A step is done. Once this is journaled the step never runs again; one that is <see cref="Inline"/> runs again only when the node that it is in is retried.</summary>
public sealed record StepCompleted : RunEvent
{
    private Payload _output;
    private Usage _usage = Usage.None;

    /// <summary>The result.</summary>
    public Payload Output { get => _output; init => _output = value; }

    /// <summary>What it consumed, nested runs included.</summary>
    public Usage Usage { get => _usage; init => _usage = value; }

    /// <summary>Whether it is a <c>[Step]</c> inside another step rather than a node of the graph.</summary>
    public bool Inline { get; init; }

    /// <summary>Fingerprint of an inline step's arguments, so that a result is not replayed for other arguments.</summary>
    public string? ArgumentsHash { get; init; }

    internal StepCompleted Of(NodeVisit visit, Payload output, Usage usage)
    {
        MoveTo(visit.Path, visit.Visit, visit.Attempts);
        (_output, _usage) = (output, usage);
        return this;
    }
}
