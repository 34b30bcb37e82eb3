namespace Loomflow;

/// <summary>What the scheduler asks the engine to do next.</summary>
internal enum CommandKind
{
    /// <summary>Journal that a visit to <see cref="Command.Node"/> begins.</summary>
    Begin,

    /// <summary>Have the step's code run, here or on a worker.</summary>
    CarryOut,

    /// <summary>Journal that the workflow nested in a visit starts.</summary>
    EnterNested,

    /// <summary>Set the timer of a delay.</summary>
    SetTimer,

    /// <summary>Ask a person.</summary>
    Ask,

    /// <summary>Come back when the visit is due: a delay, a pause between attempts, an approval's deadline.</summary>
    AwaitDue,

    /// <summary>Come back when the time that the visit's attempt may take is over.</summary>
    AwaitLimit,

    /// <summary>Ask the router or the conditions of a visit's node, or the entry router when there is no visit.</summary>
    Choose,

    /// <summary>Journal that the visit is done, with <see cref="Command.Value"/>.</summary>
    Complete,

    /// <summary>The visit's attempt failed, with <see cref="Command.Failure"/>.</summary>
    Fail,

    /// <summary>The visit's nested workflow was stopped, so the visit is.</summary>
    Cancel,

    /// <summary>Journal that <see cref="Command.Frame"/> is to end with <see cref="Command.Failure"/>.</summary>
    Halt,

    /// <summary>Have whatever is under way in <see cref="Command.Frame"/> stop: it has failed or was cancelled.</summary>
    Stop,

    /// <summary>Journal how <see cref="Command.Frame"/> ended.</summary>
    End,
}

/// <summary>One thing for the engine to do.</summary>
internal readonly record struct Command(CommandKind Kind, Frame Frame)
{
    public NodeVisit? Visit { get; init; }

    public Node? Node { get; init; }

    public Payload Value { get; init; }

    public Failure? Failure { get; init; }
}
